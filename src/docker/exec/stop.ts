import { ObjDockerError } from '../../errors.ts';
import { cancelled } from '../../lib/operation.ts';
import type { Ending } from './end-command.ts';
import { Interrupt } from './interrupt.ts';

type Cause =
  | { readonly kind: 'cancelled'; readonly signal: AbortSignal }
  | { readonly kind: 'timeout'; readonly timeoutMs: number }
  | { readonly kind: 'input'; readonly error: unknown };

/** A command that was stopped, and what became of it. */
export interface StoppedCommand {
  readonly program: string;
  readonly container: string;
  /** Undefined for a command that was never started. */
  readonly ending: Ending | undefined;
}

// Node takes a longer one for one millisecond.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Why a command is to be ended before its time, and the one place where that is noticed. */
export class Stop implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #caller: AbortSignal;
  readonly #onCancel: () => void;
  #cause: Cause | undefined;
  /** For the flow that makes the output wait. */
  readonly interrupt = new Interrupt();

  constructor(caller: AbortSignal, timeoutMs: number | undefined) {
    this.#caller = caller;
    this.#onCancel = () => this.#stop({ kind: 'cancelled', signal: caller });
    caller.addEventListener('abort', this.#onCancel);
    if (caller.aborted) this.#onCancel();
    if (timeoutMs !== undefined) {
      const stop = () => this.#stop({ kind: 'timeout', timeoutMs });
      this.#timer = setTimeout(stop, Math.min(timeoutMs, LONGEST_TIMER_MS));
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get stopped(): boolean {
    return this.#cause !== undefined;
  }

  /** The command's input failed. */
  inputFailed(error: unknown): void {
    this.#stop({ kind: 'input', error });
  }

  /** What to throw: the input's own error, or one that says whether the command still runs. */
  explain({ program, container, ending }: StoppedCommand): unknown {
    const cause = this.#cause;
    if (cause?.kind === 'input') return cause.error;
    const fate = fateOf(ending);
    const { hadEnded = false, ...known } = ending ?? {};
    const options = { hint: hintOf(ending), details: { running: false, ...known } };
    const subject = `"${program}" in container "${container}"`;
    if (cause?.kind === 'timeout') {
      const what = hadEnded ? `the output of ${subject} was not all taken` : `${subject} did not end`;
      return new ObjDockerError('TIMEOUT', `${what} within ${cause.timeoutMs / 1000} s: ${fate}`, options);
    }
    return new ObjDockerError('CANCELLED', `${subject} is cancelled: ${fate}`, {
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

function fateOf(ending: Ending | undefined): string {
  if (ending === undefined) return 'it was not started';
  if (ending.hadEnded) return 'it had ended by then';
  if (!ending.running) return 'it was ended';
  return ending.pid === undefined ? 'it may still run there' : 'it still runs there, and could not be ended';
}

function hintOf(ending: Ending | undefined): string | undefined {
  if (!ending?.running) return undefined;
  if (ending.paused) return 'The container is paused: let it go on, and see whether the command ends.';
  const process = ending.pid === undefined ? '' : `It is process ${ending.pid} on the engine's machine. `;
  return `${process}Stopping the container ends it, too.`;
}
