import type { BuildEvent, StepEvent } from './events.ts';
import { LogTail } from './log-tail.ts';
import { parseStepName, type StepName } from './step-name.ts';

/** Receives what a reader of progress output finds. Vertex is BuildKit's word for a step. */
export interface ProgressSink {
  vertex(update: VertexUpdate): void;
  log(log: {
    readonly id: string;
    readonly stream: 'stdout' | 'stderr';
    readonly text: string;
    /** When it was written, if the reader knows. */
    readonly atMs?: number | undefined;
  }): void;
  transfer(transfer: {
    readonly id: string;
    readonly name: string;
    readonly currentBytes: number;
    readonly totalBytes: number | undefined;
    readonly done: boolean;
  }): void;
  warning(message: string): void;
  /** A line that is not progress output. */
  text(line: string): void;
}

export interface VertexUpdate {
  readonly id: string;
  readonly name?: string | undefined;
  readonly startedMs?: number | undefined;
  readonly completedMs?: number | undefined;
  readonly cached?: boolean | undefined;
  readonly error?: string | undefined;
}

/** The last attempt at a step. BuildKit starts a step anew when another build shared it and that build was cancelled. */
export interface Step {
  readonly id: string;
  readonly name: StepName;
  startedMs?: number | undefined;
  completedMs?: number | undefined;
  cached: boolean;
  error?: string | undefined;
  /** The last lines of its output. */
  readonly tail: LogTail;
  state?: StepEvent['state'];
}

const TEXT_LINES = 200;
const CANCELLED = /context canceled|^canceled$/i;

/** Turns the output of a progress reader into events, and keeps the state that a result or an error needs. */
export class BuildProgress implements ProgressSink {
  readonly steps = new Map<string, Step>();
  /** The last lines that were not progress output. */
  readonly textLines: string[] = [];
  readonly #emit: (event: BuildEvent) => void;
  readonly #redact: (text: string) => string;
  readonly #targets: readonly string[];
  readonly #partial = new Map<string, string>();
  readonly #failed = new Map<string, Step>();

  constructor(options: {
    readonly emit: (event: BuildEvent) => void;
    readonly redact: (text: string) => string;
    /** The bake target names. */
    readonly targets: readonly string[];
  }) {
    this.#emit = options.emit;
    this.#redact = options.redact;
    this.#targets = options.targets;
  }

  /**
   * The steps that failed themselves, the first failure first. Other steps may have been cancelled because of it. A cache that
   * cannot be read counts only alone: the build goes on without it.
   */
  get failed(): readonly Step[] {
    const byTime = [...this.#failed.values()].sort((a, b) => (a.completedMs ?? 0) - (b.completedMs ?? 0));
    const others = byTime.filter(({ name }) => !name.instruction.startsWith('importing cache manifest from '));
    return others.length > 0 ? others : byTime;
  }

  vertex(update: VertexUpdate): void {
    const step = this.#stepOf(update);
    if (step === undefined) return;
    step.startedMs = update.startedMs ?? step.startedMs;
    step.completedMs = update.completedMs;
    step.cached ||= update.cached ?? false;
    // While an attempt runs, BuildKit repeats the error of the one before.
    if (update.error !== undefined && update.completedMs !== undefined) step.error = this.#redact(update.error);
    const state = stateOf(step);
    if (state === undefined || state === step.state) return;
    step.state = state;
    // A step that failed may be started anew for another image, and cancelled because of the failure.
    if (state === 'failed') this.#failed.set(step.id, step);
    else if (state === 'done' || state === 'cached') this.#failed.delete(step.id);
    if (state !== 'started') this.#flush(step.id);
    this.#emit(toEvent(step, state));
  }

  log({ id, stream, text, atMs }: Parameters<ProgressSink['log']>[0]): void {
    const step = this.steps.get(id);
    const tail = atMs !== undefined && atMs < (step?.startedMs ?? 0) ? undefined : step?.tail;
    const key = `${stream} ${id}`;
    const lines = `${this.#partial.get(key) ?? ''}${text}`.split('\n');
    this.#partial.set(key, lines.pop() ?? '');
    for (const line of lines) this.#logLine(id, stream, line, tail);
    // The last output can arrive with the end of its step.
    if (step?.completedMs !== undefined) this.#flush(id);
  }

  transfer({ id, name, currentBytes, totalBytes, done }: Parameters<ProgressSink['transfer']>[0]): void {
    this.#emit({
      type: 'transfer',
      id,
      name,
      currentBytes,
      ...(totalBytes === undefined || totalBytes === 0 ? {} : { totalBytes }),
      done,
    });
  }

  warning(message: string): void {
    this.#emit({ type: 'warning', message: this.#redact(message) });
  }

  text(line: string): void {
    this.textLines.push(this.#redact(line));
    if (this.textLines.length > TEXT_LINES) this.textLines.shift();
  }

  #stepOf({ id, name, startedMs }: VertexUpdate): Step | undefined {
    const known = this.steps.get(id);
    if (known === undefined && name === undefined) return undefined;
    if (known !== undefined && !isNewAttempt(known, startedMs)) return known;
    const step: Step = {
      id,
      name: known?.name ?? parseStepName(this.#redact(name ?? ''), this.#targets),
      cached: known?.cached ?? false,
      tail: new LogTail(),
    };
    this.steps.set(id, step);
    return step;
  }

  #logLine(id: string, stream: 'stdout' | 'stderr', raw: string, tail: LogTail | undefined): void {
    // A progress bar overwrites its line: keep the last state.
    const line = this.#redact(raw.replace(/\r+$/, '').replace(/^.*\r/s, ''));
    tail?.add(stream, line);
    this.#emit({ type: 'log', id, stream, line });
  }

  #flush(id: string): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const rest = this.#partial.get(`${stream} ${id}`);
      this.#partial.delete(`${stream} ${id}`);
      if (rest !== undefined && rest !== '') this.#logLine(id, stream, rest, this.steps.get(id)?.tail);
    }
  }
}

function isNewAttempt({ startedMs, completedMs }: Step, nextMs: number | undefined): boolean {
  return completedMs !== undefined && nextMs !== undefined && nextMs !== startedMs;
}

function stateOf({ startedMs, completedMs, cached, error }: Step): StepEvent['state'] | undefined {
  if (error !== undefined) return CANCELLED.test(error) ? 'cancelled' : 'failed';
  if (completedMs !== undefined) return cached ? 'cached' : 'done';
  return startedMs === undefined ? undefined : 'started';
}

function toEvent(step: Step, state: StepEvent['state']): StepEvent {
  const { instruction, internal, stage, target, platform, position } = step.name;
  const { startedMs, completedMs } = step;
  return {
    type: 'step',
    id: step.id,
    state,
    instruction,
    internal,
    ...(stage === undefined ? {} : { stage }),
    ...(target === undefined ? {} : { target }),
    ...(platform === undefined ? {} : { platform }),
    ...(position === undefined ? {} : { position }),
    ...(startedMs === undefined || completedMs === undefined
      ? {}
      : { durationMs: Math.max(0, completedMs - startedMs) }),
    ...(step.error === undefined ? {} : { error: step.error }),
  };
}
