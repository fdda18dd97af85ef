import type { TerminalSize } from '../../../model/instance.ts';
import type { PipelineReport } from '../../../model/pipeline-run.ts';
import type { PipelineEvent } from '../../../pipeline/events.ts';
import { createLiveLines, type LiveLines } from '../../../terminal/live-lines.ts';
import type { ProgressMode } from '../../build/render-build.ts';
import type { CommandContext } from '../../framework/command.ts';
import { heartbeatLine, pipelineLines } from './lines.ts';
import { PipelineState } from './state.ts';
import { pipelineTree } from './tree.ts';

/** How a run ended. */
export interface PipelineEnd {
  /** Absent when the run failed before it started. */
  readonly report: PipelineReport | undefined;
  /** What the run threw; possible after the report, too. */
  readonly failure?: unknown;
}

/** How often the tree on a terminal is drawn again. */
const FRAME_MS = 120;
/** How long a log may be silent. */
const SILENCE_MS = 60_000;

/**
 * Shows the progress of a run: on a terminal as a tree of its stages that remains at the end, else as log lines. Returns the
 * failure of a run instead of throwing it.
 */
export async function followPipeline(
  events: AsyncIterable<PipelineEvent>,
  context: Pick<CommandContext, 'output' | 'interactive'>,
  mode: ProgressMode,
): Promise<PipelineEnd> {
  const { output } = context;
  const isLive = mode === 'tty' || (mode === 'auto' && context.interactive && !output.verbose);
  const view = isLive
    ? new LiveView(await createLiveLines(output.stderr), output)
    : new LogView(output, { silent: mode === 'quiet' });
  let report: PipelineReport | undefined;
  try {
    for await (const event of events) {
      for (const message of warningsOf(event)) view.warn(message);
      if (event.type === 'run-finished') report = event;
      view.see(event);
    }
    return { report };
  } catch (failure) {
    return { report, failure };
  } finally {
    view.end(report);
  }
}

/** The warnings in an event, from whichever stage. */
function warningsOf(event: PipelineEvent): string[] {
  if (event.type === 'warning') return [event.message];
  if ((event.type === 'build' || event.type === 'push') && event.event.type === 'warning') return [event.event.message];
  if (event.type !== 'preflight' || event.event.type !== 'check-finished') return [];
  const { status, title, detail } = event.event.check;
  return status === 'warning' ? [`${title}: ${detail}`] : [];
}

type Output = CommandContext['output'];

/** Several stages may have the same warning: it is printed once. */
class Warnings {
  readonly #seen = new Set<string>();

  isNew(message: string): boolean {
    if (this.#seen.has(message)) return false;
    this.#seen.add(message);
    return true;
  }
}

class LiveView {
  readonly #live: LiveLines;
  readonly #output: Output;
  readonly #state = new PipelineState();
  readonly #warnings = new Warnings();
  readonly #started = Date.now();
  readonly #clock: NodeJS.Timeout;

  constructor(live: LiveLines, output: Output) {
    this.#live = live;
    this.#output = output;
    this.#clock = setInterval(() => this.#live.update(this.#draw), FRAME_MS);
  }

  see(event: PipelineEvent): void {
    this.#state.see(event, Date.now());
    this.#live.update(this.#draw);
  }

  warn(message: string): void {
    if (this.#warnings.isNew(message)) this.#live.above(() => this.#output.warn(message));
  }

  end(report: PipelineReport | undefined): void {
    clearInterval(this.#clock);
    this.#live.clear();
    if (report === undefined) return;
    // A cancelled stage has no stage-finished event.
    for (const stage of report.run.stages) this.#state.see({ type: 'stage-finished', stage }, Date.now());
    const { columns } = this.#output.terminalSize;
    const size = { columns: columns - 1, rows: Number.POSITIVE_INFINITY };
    const { outcome, durationMs } = report.run;
    const end = { ...size, colors: this.#output.stderrColors, started: 0, now: durationMs, outcome };
    for (const line of [...pipelineTree(this.#state, end), '']) this.#output.info(line);
  }

  readonly #draw = (size: TerminalSize): readonly string[] =>
    pipelineTree(this.#state, { ...size, colors: this.#output.stderrColors, now: Date.now(), started: this.#started });
}

class LogView {
  readonly #output: Output;
  readonly #silent: boolean;
  readonly #state = new PipelineState();
  readonly #warnings = new Warnings();
  #silence: NodeJS.Timeout | undefined;

  constructor(output: Output, { silent }: { readonly silent: boolean }) {
    this.#output = output;
    this.#silent = silent;
    this.#restartSilence();
  }

  see(event: PipelineEvent): void {
    if (event.type === 'build' && event.event.type === 'invocation') this.#output.debug(event.event.command);
    for (const line of pipelineLines(event, this.#state, this.#output)) this.#print(line);
    this.#state.see(event, Date.now());
  }

  warn(message: string): void {
    if (this.#warnings.isNew(message)) this.#output.warn(message);
  }

  end(): void {
    clearInterval(this.#silence);
  }

  #print(line: string): void {
    if (this.#silent) return;
    this.#output.info(line);
    this.#restartSilence();
  }

  #restartSilence(): void {
    clearInterval(this.#silence);
    this.#silence = setInterval(() => {
      const line = heartbeatLine(this.#state, Date.now());
      if (line !== undefined) this.#print(line);
    }, SILENCE_MS);
  }
}
