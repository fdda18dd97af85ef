import { ObjDockerError } from '../../errors.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import { createOperation, type Operation } from '../../lib/operation.ts';
import type { GcRun, StartedGc } from '../../model/harbor.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import { lookUntil, startDeadline, type WaitOptions } from '../client/waiting.ts';
import { getGc, isOver } from './gc.ts';
import { type StartGcOptions, startGc } from './start.ts';

export type GcEvent =
  | { readonly type: 'started'; readonly id: number; readonly attached: boolean }
  | { readonly type: 'progress'; readonly id: number; readonly status: 'queued' | 'running' }
  /** The work is done. Harbor reports the end within half a minute. */
  | { readonly type: 'collected'; readonly id: number; readonly freedBytes: number }
  /** Harbor is unavailable for the moment; the wait continues. */
  | { readonly type: 'trouble'; readonly message: string };

export interface RunGcOptions extends Omit<StartGcOptions, keyof RequestOptions>, WaitOptions {
  /** @default 3600000 (an hour) */
  readonly timeoutMs?: number | undefined;
}

export type GcResult = GcRun & Pick<StartedGc, 'attached'>;

const DEFAULT_TIMEOUT_MS = 60 * 60_000;

/**
 * Runs gc and waits until Harbor reports its end. A failed or stopped run is a result. Cancelling ends the wait, but not the
 * run.
 *
 * @throws {ObjDockerError} TIMEOUT, and what {@link startGc} throws.
 */
export function runGc(api: HarborApi, options: RunGcOptions = {}): Operation<GcEvent, GcResult> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, pace, signal: callerSignal, ...start } = options;
  return createOperation(async ({ emit, signal }) => {
    const deadline = startDeadline(timeoutMs, signal);
    let id: number | undefined;
    try {
      const started = await startGc(api, { ...start, signal: deadline.signal });
      id = started.id;
      void emit({ type: 'started', ...started });
      const run = await waitForGc(api, started.id, { pace, signal: deadline.signal }, (event) => void emit(event));
      return { ...run, attached: started.attached };
    } catch (error) {
      if (deadline.over()) throw timedOut(api, id, timeoutMs);
      throw error;
    } finally {
      deadline.end();
    }
  }, callerSignal);
}

function waitForGc(
  api: HarborApi,
  id: number,
  { pace, signal }: { readonly pace: WaitOptions['pace']; readonly signal: AbortSignal },
  emit: (event: GcEvent) => void,
): Promise<GcRun> {
  let reported = '';
  const report = (event: GcEvent): void => {
    const text = JSON.stringify(event);
    if (text !== reported) emit(event);
    reported = text;
  };
  const look = async (): Promise<GcRun | undefined> => {
    const run = await getGc(api, id, { signal });
    if (isOver(run)) return run;
    if (run.freedBytes !== undefined) report({ type: 'collected', id, freedBytes: run.freedBytes });
    else report({ type: 'progress', id, status: run.state === 'running' ? 'running' : 'queued' });
    return undefined;
  };
  return lookUntil(look, { pace, signal, onTrouble: ({ message }) => report({ type: 'trouble', message }) });
}

function timedOut({ host }: HarborApi, id: number | undefined, timeoutMs: number): ObjDockerError {
  const which = id === undefined ? 'gc' : `gc run ${id}`;
  return new ObjDockerError('TIMEOUT', `${which} at ${host} did not finish within ${Math.round(timeoutMs / 1000)} s`, {
    hint: 'The run continues in Harbor. Show its result: objdocker harbor-gc --history',
    details: id === undefined ? {} : { id },
  });
}
