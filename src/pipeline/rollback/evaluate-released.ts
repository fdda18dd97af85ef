import type { HarborProject } from '../../harbor/harbor.ts';
import { FINDING_SEVERITIES } from '../../model/enums.ts';
import type { ReleasedService } from '../../model/release.ts';
import { type MutableCounts, noCounts } from '../../model/severity-counts.ts';
import type { ImageVerdict, Verdict } from '../../model/verdict.ts';
import { evaluatePolicy } from '../policy/evaluate.ts';
import { type GateImage, outcomeOfError } from '../policy/image.ts';
import type { Evaluated } from '../policy/recorded-verdict.ts';
import { repositoryOf } from '../run/open-registry.ts';
import { copyPolicy } from '../run/plan.ts';
import type { ReleaseSession } from '../run/release-session.ts';

/**
 * Evaluates today's policy on the newest report of each image that there is. Starts no scan and waits for none. Undefined for a
 * registry without scans.
 */
export async function evaluateReleased(
  session: ReleaseSession,
  services: readonly ReleasedService[],
): Promise<Evaluated | undefined> {
  const { pkg, environment, registry, signal } = session;
  const { project } = registry;
  if (project === undefined) return undefined;
  const images = await readReports(project, services, signal);
  return { images, verdict: evaluatePolicy(copyPolicy(pkg), images, environment.now()) };
}

/** The newest report of each image, or why it has none. */
export async function readReports(
  project: HarborProject,
  services: readonly ReleasedService[],
  signal: AbortSignal,
): Promise<readonly GateImage[]> {
  return await Promise.all(services.map((service) => readReport(project, service, signal)));
}

async function readReport(
  project: HarborProject,
  { service, repository, digest }: ReleasedService,
  signal: AbortSignal,
): Promise<GateImage> {
  try {
    return { service, report: await repositoryOf(project, repository).scanReport(digest, { signal }) };
  } catch (error) {
    const outcome = outcomeOfError(error);
    if (outcome === undefined) throw error;
    return { service, repository, digest, ...outcome };
  }
}

/** How many findings of each severity reject the images, and which images have no report that says so. */
export interface Comparable {
  readonly counts: Readonly<MutableCounts>;
  readonly unknown: readonly ImageVerdict[];
}

export function comparable({ images }: Verdict): Comparable {
  const counts = noCounts();
  for (const { rejecting } of images) for (const { severity } of rejecting) counts[severity] += 1;
  return { counts, unknown: images.filter(({ outcome }) => outcome !== 'passed' && outcome !== 'rejected') };
}

/** Whether the policy has more against the first: more findings of the worst severity in which they differ. */
export function isWorse(target: Verdict, current: Verdict): boolean {
  const [theirs, ours] = [comparable(target), comparable(current)];
  // What is not known cannot be compared: the caller names it.
  if (ours.unknown.length > 0) return false;
  const severity = FINDING_SEVERITIES.find((each) => theirs.counts[each] !== ours.counts[each]);
  if (severity !== undefined) return theirs.counts[severity] > ours.counts[severity];
  return refusals(target) > refusals(current);
}

/** Images that are rejected for another reason than findings. */
function refusals({ images }: Verdict): number {
  return images.filter(({ outcome, rejecting }) => outcome === 'rejected' && rejecting.length === 0).length;
}
