import { ObjDockerError } from '../../errors.ts';
import { cancelled } from '../../lib/operation.ts';
import { MAX_TIMER_MS } from '../../lib/poll.ts';
import type { EndResult } from './end-command.ts';
import { Interrupt } from './interrupt.ts';

type Cause =
  | { readonly kind: 'cancelled'; readonly signal: AbortSignal }
  | { readonly kind: 'timeout'; readonly timeoutMs: number }
  | { readonly kind: 'input'; readonly error: unknown };

/** A command that was ended early, and the result of ending it. */
export interface StoppedCommand {
  readonly program: string;
  readonly container: string;
  /** Undefined when the command was never started. */
  readonly ending: EndResult | undefined;
}

/** Ends a command early: on the caller's signal, at its time-out, or when its input fails. The first cause counts. */
export class EarlyEnd implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #caller: AbortSignal;
  readonly #onCancel: () => void;
  #cause: Cause | undefined;
  /** Interrupts the delivery of output, which may be blocked by a slow consumer. */
  readonly interrupt = new Interrupt();

  constructor(caller: AbortSignal, timeoutMs: number | undefined) {
    this.#caller = caller;
    this.#onCancel = () => this.#stop({ kind: 'cancelled', signal: caller });
    caller.addEventListener('abort', this.#onCancel);
    if (caller.aborted) this.#onCancel();
    if (timeoutMs !== undefined) {
      const stop = () => this.#stop({ kind: 'timeout', timeoutMs });
      this.#timer = setTimeout(stop, Math.min(timeoutMs, MAX_TIMER_MS));
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get stopped(): boolean {
    return this.#cause !== undefined;
  }

  /** Ends the command because its input failed. */
  inputFailed(error: unknown): void {
    this.#stop({ kind: 'input', error });
  }

  /** Makes the error to throw: the input's own, or one that says whether the command is still running. */
  explain({ program, container, ending }: StoppedCommand): unknown {
    const cause = this.#cause;
    if (cause?.kind === 'input') return cause.error;
    const outcome = describeEnd(ending);
    const { hadEnded = false, ...known } = ending ?? {};
    const options = { hint: hintOf(ending), details: { running: false, ...known } };
    const command = `"${program}" in container "${container}"`;
    if (cause?.kind === 'timeout') {
      const what = hadEnded ? `the output of ${command} was not fully read` : `${command} did not exit`;
      return new ObjDockerError('TIMEOUT', `${what} within ${cause.timeoutMs / 1000} s: ${outcome}`, options);
    }
    return new ObjDockerError('CANCELLED', `${command} was cancelled: ${outcome}`, {
      ...options,
      cause: cause === undefined ? undefined : cancelled(cause.signal).cause,
    });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#caller.removeEventListener('abort', this.#onCancel);
  }

  #stop(cause: Cause): void {
    if (this.#cause !== undefined) return;
    this.#cause = cause;
    this.#controller.abort();
    this.interrupt.trigger();
  }
}

function describeEnd(ending: EndResult | undefined): string {
  if (ending === undefined) return 'it was not started';
  if (ending.hadEnded) return 'it had already exited';
  if (!ending.running) return 'it was ended';
  return ending.pid === undefined ? 'it may still be running' : 'it is still running and could not be ended';
}

function hintOf(ending: EndResult | undefined): string | undefined {
  if (!ending?.running) return undefined;
  if (ending.paused) return 'The container is paused: unpause it, then check whether the command exits.';
  const process = ending.pid === undefined ? '' : `It is process ${ending.pid} on the engine's machine. `;
  return `${process}Stop the container to end it.`;
}
