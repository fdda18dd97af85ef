import type { CheckWarning } from '../buildx/frontend/checks.ts';
import { type ErrorCode, isObjDockerError, ObjDockerError } from '../errors.ts';
import { createOperation, type Operation, throwIfCancelled } from '../lib/operation.ts';

/** The outcome of a check. */
export interface CheckOutcome {
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped';
  /** One line: the state or the problem. */
  readonly detail: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
  /** The code of a failed check. */
  readonly errorCode?: ErrorCode | undefined;
  /** What the builder's own checks warn of. */
  readonly warnings?: readonly CheckWarning[] | undefined;
}

/** A check that has not run yet. */
export interface PreflightCheck {
  /** Identifies the check: `engine`, `base-images`. */
  readonly id: string;
  readonly title: string;
  /** A thrown ObjDockerError is a failed check with its message, hint and code. */
  run(signal: AbortSignal): Promise<CheckOutcome>;
  /** The check fails after this time, in milliseconds. @default the operation's */
  readonly deadlineMs?: number | undefined;
}

export interface CheckResult extends CheckOutcome {
  readonly id: string;
  readonly title: string;
  readonly durationMs: number;
}

export type PreflightEvent =
  | { readonly type: 'check-started'; readonly id: string; readonly title: string }
  | { readonly type: 'check-finished'; readonly check: CheckResult };

export interface PreflightResult {
  /** No check has failed. */
  readonly ok: boolean;
  /** In the order of the given checks. */
  readonly checks: readonly CheckResult[];
}

export interface PreflightOptions {
  readonly signal?: AbortSignal | undefined;
  /** For each check, in milliseconds. @default 20000 */
  readonly deadlineMs?: number | undefined;
}

const DEFAULT_DEADLINE_MS = 20_000;

/** Runs the checks in parallel. A failed check is a result, not an exception. */
export function runPreflight(
  checks: readonly PreflightCheck[],
  options: PreflightOptions = {},
): Operation<PreflightEvent, PreflightResult> {
  return createOperation(async ({ emit, signal }) => {
    const results = await Promise.all(
      checks.map(async (check) => {
        emit({ type: 'check-started', id: check.id, title: check.title });
        const result = await runCheck(check, check.deadlineMs ?? options.deadlineMs ?? DEFAULT_DEADLINE_MS, signal);
        emit({ type: 'check-finished', check: result });
        return result;
      }),
    );
    throwIfCancelled(signal);
    return { ok: results.every(({ status }) => status !== 'failed'), checks: results };
  }, options.signal);
}

/** The error of the first failed check, which decides the exit code; undefined when no check has failed. */
export function preflightError({ checks }: PreflightResult): ObjDockerError | undefined {
  const failed = checks.filter(({ status }) => status === 'failed');
  const [first] = failed;
  if (first === undefined) return undefined;
  const more = failed.length === 1 ? '' : ` (and ${failed.length - 1} more)`;
  return new ObjDockerError(first.errorCode ?? 'INTERNAL', `${first.title}: ${first.detail}${more}`, {
    hint: first.hint,
    details: { failed: failed.map(({ id }) => id) },
  });
}

async function runCheck(check: PreflightCheck, deadlineMs: number, signal: AbortSignal): Promise<CheckResult> {
  const started = performance.now();
  const deadline = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<CheckOutcome>((resolve) => {
    timer = setTimeout(() => {
      resolve(timedOut(deadlineMs));
      deadline.abort();
    }, deadlineMs);
  });
  try {
    const outcome = await Promise.race([outcomeOf(check, AbortSignal.any([signal, deadline.signal])), tooLate]);
    return { id: check.id, title: check.title, ...outcome, durationMs: performance.now() - started };
  } finally {
    clearTimeout(timer);
  }
}

async function outcomeOf(check: PreflightCheck, signal: AbortSignal): Promise<CheckOutcome> {
  try {
    return await check.run(signal);
  } catch (error) {
    if (!isObjDockerError(error)) throw error;
    return { status: 'failed', detail: error.message, hint: error.hint, errorCode: error.code };
  }
}

function timedOut(deadlineMs: number): CheckOutcome {
  return {
    status: 'failed',
    detail: `no result within ${deadlineMs / 1000} s`,
    hint: 'The server may hang, or a firewall may drop the packets: check the connection, for example with curl.',
    errorCode: 'TIMEOUT',
  };
}
