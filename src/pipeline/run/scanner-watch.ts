import { hasErrorCode, isObjDockerError } from '../../errors.ts';
import type { HarborProject, ScannerProblem } from '../../harbor/harbor.ts';
import { pause } from '../../lib/poll.ts';
import type { ReadyContext } from './context.ts';
import type { StageResult } from './run-progress.ts';

/** A scanner that is restarting is available again after this wait. */
export const RETRY_MS = 2_000;

/** For so long Harbor calls a scanner down that works again: it remembers for 30 s what it has last heard of it. */
export const REMEMBERED_MS = 35_000;

/** Harbor updates its health every ten seconds. */
const WATCH_MS = 10_000;

/** Looks at the scanner of a project until it works, or was down for `patience` milliseconds. */
export async function findLastingProblem(
  project: HarborProject,
  { patience, signal }: { readonly patience: () => Promise<number>; readonly signal: AbortSignal | undefined },
): Promise<ScannerProblem | undefined> {
  let problem = await project.scannerProblem({ signal });
  let end: number | undefined;
  while (problem?.kind === 'down') {
    end ??= performance.now() + (await patience());
    if (performance.now() >= end) break;
    await pause(RETRY_MS, signal);
    problem = await project.scannerProblem({ signal });
  }
  return problem;
}

type FailedStage = StageResult & { readonly failed: true };

/**
 * Works as long as the result can be scanned: a scanner that is lost cancels the work, and one that is lost at its end fails it. A
 * scanner that restarts meanwhile does neither.
 */
export async function whileScannerWorks<T extends StageResult>(
  context: ReadyContext,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | FailedStage> {
  const [working, watching, done] = [new AbortController(), new AbortController(), new AbortController()];
  const watch = watchScanner(context, {
    done: done.signal,
    signal: AbortSignal.any([context.signal, watching.signal]),
  }).then((problem) => {
    if (problem !== undefined) working.abort();
    return problem === undefined ? undefined : ({ detail: problem.reason, failed: true } as const);
  });
  // Awaited when the work has ended, and cleaned up.
  watch.catch(() => {});
  try {
    const result = await work(AbortSignal.any([context.signal, working.signal])).finally(() => done.abort());
    return (await watch) ?? result;
  } catch (error) {
    watching.abort();
    const failed = await watch.catch(() => undefined);
    if (failed === undefined || !hasErrorCode(error, 'CANCELLED')) throw error;
    return failed;
  }
}

/** @returns what is wrong, and stayed so; undefined when the scanner works at the end of the work */
async function watchScanner(
  { registry, progress }: ReadyContext,
  { done, signal }: { readonly done: AbortSignal; readonly signal: AbortSignal },
): Promise<ScannerProblem | undefined> {
  let downSince: number | undefined;
  let isWaiting = false;
  for (;;) {
    await pauseUntil(done, downSince === undefined ? WATCH_MS : RETRY_MS, signal);
    const problem = await registry.project?.scannerProblem({ signal }).catch((error: unknown) => {
      // A Harbor that does not respond fails the next stage.
      if (!isObjDockerError(error) || error.code === 'CANCELLED') throw error;
      return undefined;
    });
    if (problem === undefined) {
      if (done.aborted) return undefined;
      downSince = undefined;
      continue;
    }
    downSince ??= performance.now();
    if (problem.kind !== 'down' || performance.now() - downSince >= REMEMBERED_MS) return problem;
    if (!done.aborted) continue;
    if (!isWaiting) void progress.emit({ type: 'waiting', message: `waiting for the scanner: ${problem.reason}` });
    isWaiting = true;
    await pause(RETRY_MS, signal);
  }
}

/** Pauses, but not longer than until `done` is aborted. */
async function pauseUntil(done: AbortSignal, ms: number, signal: AbortSignal): Promise<void> {
  if (done.aborted) return;
  await pause(ms, AbortSignal.any([signal, done])).catch((error: unknown) => {
    if (signal.aborted) throw error;
  });
}
