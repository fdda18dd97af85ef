import { hasErrorCode, isObjDockerError } from '../../errors.ts';
import type { ReleasedService } from '../../model/release.ts';
import type { Evaluated } from '../policy/recorded-verdict.ts';
import { checkAge } from '../policy/report-age.ts';
import { repositoryOf } from '../run/open-registry.ts';
import type { ReleaseSession } from '../run/release-session.ts';

/**
 * Starts a scan of each image whose report is missing or too old, and waits for none. Where the project prevents pulls of images
 * without a report, one that has a report keeps it: a scan would hide it. What fails is a warning.
 *
 * @returns the references of the images that are scanned now
 */
export async function startScans(
  { pkg, registry, environment, warn, signal }: ReleaseSession,
  services: readonly ReleasedService[],
  evaluated: Evaluated | undefined,
): Promise<readonly string[]> {
  const { project } = registry;
  if (project === undefined || evaluated === undefined) return [];
  const age = { maxAgeMs: pkg.scan.maxAgeMs, now: registry.now?.() ?? environment.now() };
  const outcomes = new Map(
    evaluated.images.map((image) => {
      const checked = checkAge(image, age);
      const outcome = 'outcome' in checked ? checked.outcome : checked.report.state;
      return [image.report?.repository ?? ('repository' in image ? image.repository : ''), outcome];
    }),
  );
  const old = services.filter(({ repository }) => {
    const outcome = outcomes.get(repository);
    return outcome === 'report-too-old' || outcome === 'not-scanned';
  });
  if (old.length === 0) return [];
  const started: string[] = [];
  try {
    const { preventVulnerable } = await project.get({ signal }).catch((error: unknown) => {
      if (hasErrorCode(error, 'REGISTRY_FORBIDDEN')) return { preventVulnerable: true };
      throw error;
    });
    for (const { repository, digest } of old) {
      if (preventVulnerable && outcomes.get(repository) !== 'not-scanned') continue;
      await repositoryOf(project, repository).startScan(digest, { signal });
      started.push(`${registry.store.host}/${repository}@${digest}`);
    }
  } catch (error) {
    if (!isObjDockerError(error)) throw error;
    warn(`the images were not scanned again: ${error.message}`);
  }
  return started;
}
