import type { ObjDockerError } from '../../errors.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import { lookUntil, type Pace } from '../client/waiting.ts';
import type { ArtifactRef } from '../refs.ts';
import { startSbom } from '../scan/start-scan.ts';
import { getSbomOverview, isOpen, type SbomOverview } from './overview.ts';

export interface GenerateOptions {
  readonly pace: Pace;
  readonly signal: AbortSignal;
  readonly onTrouble: (error: ObjDockerError) => void;
}

/**
 * Has the scanner generate the SBOM of an image, and waits until this generation has ended, with or without a result. One that is
 * queued or running already counts.
 */
export async function generateSbom(
  api: HarborApi,
  ref: ArtifactRef,
  { pace, signal, onTrouble }: GenerateOptions,
): Promise<SbomOverview> {
  const earlier = await getSbomOverview(api, ref, { signal });
  const outdated = earlier === undefined || isOpen(earlier) ? undefined : earlier.key;
  let requested = false;
  let failing = 0;
  const look = async (): Promise<SbomOverview | undefined> => {
    // A response that was lost: the next request finds the generation that it started.
    if (!requested) await startSbom(api, ref, { signal });
    requested = true;
    const overview = await getSbomOverview(api, ref, { signal });
    if (overview === undefined || overview.key === outdated || isOpen(overview)) return undefined;
    if (overview.status === 'Success') return overview;
    // An Error may show before the task exists, as for a scan.
    failing ||= performance.now();
    return performance.now() - failing >= pace.settleMs ? overview : undefined;
  };
  return lookUntil(look, { pace, signal, onTrouble });
}
