import { isObjDockerError } from '../../errors.ts';
import type { JudgedSubject } from '../policy/image.ts';
import type { Candidate } from '../promotion/promote.ts';
import type { ReadyContext } from './context.ts';
import { repositoryOf } from './open-registry.ts';

/**
 * Waits until the images whose tags were moved can be pulled again: moving a tag has started one more scan, and until it ends
 * the project lets nobody pull. They are promoted all the same: what goes wrong here is a warning.
 */
export async function waitForRescans(
  context: ReadyContext,
  moved: readonly Candidate[],
  judged: readonly JudgedSubject[],
): Promise<void> {
  const reports = judged.flatMap(({ report }) => report?.images ?? []);
  const oldReports = new Set(reports.flatMap(({ reportId }) => reportId ?? []));
  await Promise.all(moved.map((candidate) => waitForRescan(context, candidate, oldReports)));
}

async function waitForRescan(
  { registry, options, policy, record, signal }: ReadyContext,
  { repository, reference, digest }: Candidate,
  oldReports: ReadonlySet<string>,
): Promise<void> {
  if (registry.project === undefined) return;
  const timeoutMs = options.timeoutMs ?? policy.timeoutMs;
  try {
    const scan = repositoryOf(registry.project, repository).scan(digest, {
      timeoutMs,
      trigger: 'if-none',
      oldReports,
      signal,
    });
    for await (const event of scan) await record.emit({ type: 'scan', reference, event });
    const { state } = await scan.result;
    if (state === 'clean' || state === 'findings') return;
    record.warn(`${reference} cannot be pulled: the scan that moving its tag has started came to nothing (${state})`);
  } catch (error) {
    if (!isObjDockerError(error)) throw error;
    record.warn(
      `${reference} may not be pulled before Harbor has scanned it once more, which was not waited for to its end: ${error.message}`,
    );
  }
}
