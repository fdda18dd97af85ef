import { hasErrorCode, isObjDockerError } from '../../errors.ts';
import { joinWords } from '../../lib/text/words.ts';
import type { ScanReport } from '../../model/scan-report.ts';
import type { Verdict } from '../../model/verdict.ts';
import { rebuildTag } from '../../release/staging-tag.ts';
import { readTag } from '../../release/store/tag-store.ts';
import { evaluatePolicy } from '../policy/evaluate.ts';
import type { ReadyContext } from '../run/context.ts';
import { repositoryOf } from '../run/open-registry.ts';
import type { ImagePlan } from './image-plan.ts';
import type { PushedImage } from './push.ts';

/** An unchanged image that today's policy rejects although a fix exists. */
export interface RejectedImage {
  readonly reason: string;
  /** The image that an earlier run of this day has built and pushed instead; undefined when there is none yet. */
  readonly rebuilt?: { readonly digest: string; readonly pushed: string };
}

/** What a look at an unchanged image has found. */
export interface UnchangedImage {
  /** Undefined when there is none, or it was not read. */
  readonly report?: ScanReport;
  /** Undefined for an image that stays. */
  readonly rejected?: RejectedImage;
}

/** How many ids of findings a reason names. */
const MOST_IDS = 3;

/**
 * Looks whether a newer build might pass: today's policy rejects the released image, and a fix exists for a finding. There is one
 * such build per day.
 */
export async function lookForRejection(
  context: ReadyContext,
  { image, inputs, reused }: Required<Pick<ImagePlan, 'image' | 'inputs' | 'reused'>>,
): Promise<UnchangedImage> {
  const { environment, options, policy, registry, signal } = context;
  if (registry.project === undefined || options.scan === false) return {};
  const repository = repositoryOf(registry.project, image.repository);
  const { digest: released, artifact } = reused.pushed;
  const report = await repository.scanReport(released, { signal, artifact }).catch((error: unknown) => {
    // The scan stage tells what is wrong.
    if (hasErrorCode(error, 'SCANNER_DOWN', 'SCAN_FAILED', 'SCAN_UNSUPPORTED')) return undefined;
    throw error;
  });
  if (report === undefined) return {};
  const [verdict] = evaluatePolicy(policy, [{ service: image.service, report }], environment.now()).images;
  const fixed = (verdict?.rejecting ?? []).filter(({ fixVersion }) => fixVersion !== undefined).map(({ id }) => id);
  if (verdict?.outcome !== 'rejected' || fixed.length === 0) return { report };
  const ids = [...new Set(fixed)];
  const shown = ids.length > MOST_IDS ? [...ids.slice(0, MOST_IDS), `${ids.length - MOST_IDS} more`] : ids;
  const reason = `the image of release ${reused.since} is rejected today, and a fix exists for ${joinWords(shown)}`;
  const digest = await readTag(registry.store, image.repository, rebuildTag(environment.now(), inputs.digest), {
    signal,
  });
  if (digest === undefined) return { report, rejected: { reason } };
  const { pushed } = await repository.getArtifact(digest, { signal });
  return { report, rejected: { reason: `${reason}: it was built again today`, rebuilt: { digest, pushed } } };
}

/** Keeps what was built again and is rejected as well, so that later runs of the day do not build it once more. */
export async function keepRejected(
  { environment, progress, registry, signal }: ReadyContext,
  {
    planned,
    pushed,
    verdict,
  }: {
    readonly planned: readonly ImagePlan[];
    readonly pushed: ReadonlyMap<string, PushedImage>;
    readonly verdict: Verdict;
  },
): Promise<void> {
  for (const { image, inputs, fresh } of planned) {
    const digest = pushed.get(image.reference)?.digest;
    const outcome = verdict.images.find(({ repository }) => repository === image.repository)?.outcome;
    if (fresh !== 'rejected' || outcome !== 'rejected' || digest === undefined || inputs === undefined) continue;
    const tag = rebuildTag(environment.now(), inputs.digest);
    try {
      await registry.store.create(image.repository, digest, tag, { signal });
    } catch (error) {
      if (!isObjDockerError(error) || error.code === 'CANCELLED') throw error;
      if (error.code !== 'TAG_EXISTS') progress.warn(`the next run builds ${image.reference} again: ${error.message}`);
    }
  }
}
