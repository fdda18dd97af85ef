import type { BuildEvent, StepEvent } from '../../buildx/progress/events.ts';
import { formatBytes } from '../../lib/text/bytes.ts';
import { formatDuration } from '../../lib/text/duration.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { createLiveLines } from '../../terminal/live-lines.ts';
import type { CommandContext } from '../framework/command.ts';

export type ProgressMode = 'auto' | 'tty' | 'plain' | 'quiet';

/** How many running steps are shown at once. */
const MAX_STEPS = 12;

/** The maximum length of an instruction. */
const MAX_INSTRUCTION = 120;

/** Shows the progress of a build: on a terminal the running steps, else a line for each finished step and for its output. */
export async function renderBuild(
  events: AsyncIterable<BuildEvent>,
  context: Pick<CommandContext, 'output' | 'interactive'>,
  mode: ProgressMode,
): Promise<void> {
  const { output } = context;
  const live =
    mode === 'tty' || (mode === 'auto' && context.interactive) ? await createLiveLines(output.stderr) : undefined;
  const plain = live === undefined && mode !== 'quiet' && !output.quiet;
  const view = new BuildView();
  const draw = () => view.lines(Date.now());
  // A step that downloads may print nothing: the clock shows that it is alive.
  const clock = live === undefined ? undefined : setInterval(() => live.update(draw), 500);
  try {
    for await (const event of events) {
      if (event.type === 'invocation') output.debug(event.command);
      if (event.type === 'warning') {
        const warn = () => output.warn(event.message);
        if (live === undefined) warn();
        else live.above(warn);
      }
      if (plain) for (const line of buildLines(event, view)) output.info(line);
      view.see(event);
      live?.update(draw);
    }
  } finally {
    clearInterval(clock);
    live?.clear();
  }
}

interface RunningStep {
  readonly step: StepEvent;
  readonly since: number;
  /** The bytes it has transferred, or its last line of output. */
  latest?: string;
}

/** The state of a build, updated by its events. */
export class BuildView {
  readonly #running = new Map<string, RunningStep>();
  readonly #steps = new Map<string, StepEvent>();
  readonly #ended = new Map<string, StepEvent['state']>();

  see(event: BuildEvent): void {
    if (event.type === 'transfer' && event.currentBytes > 0) this.#latest(event.id, formatBytes(event.currentBytes));
    if (event.type === 'log') this.#latest(event.id, sanitizeLine(event.line).trim());
    if (event.type !== 'step') return;
    this.#steps.set(event.id, event);
    if (event.state === 'started') this.#running.set(event.id, { step: event, since: Date.now() });
    else {
      this.#running.delete(event.id);
      if (!event.internal && this.isNews(event)) this.#ended.set(keyOf(event), event.state);
    }
  }

  /** BuildKit reports a shared stage once for each image, as cached from the second time on. */
  isNews(event: StepEvent): boolean {
    const known = this.#ended.get(keyOf(event));
    return known === undefined || (event.state !== 'cached' && event.state !== known);
  }

  nameOf(id: string): string {
    const step = this.#steps.get(id);
    return step === undefined ? id : label(step);
  }

  /** The lines on a terminal; `now` in milliseconds since 1970. */
  lines(now: number): string[] {
    return [this.summary === '' ? 'building …' : `building: ${this.summary}`, ...this.running(now)];
  }

  /** How many steps are done; empty when none is. */
  get summary(): string {
    const cached = [...this.#ended.values()].filter((state) => state === 'cached').length;
    const { size } = this.#ended;
    if (size === 0) return '';
    return `${size} ${size === 1 ? 'step' : 'steps'} done, ${cached} cached`;
  }

  /** The running steps, each with its last line of output. */
  running(now: number): string[] {
    const running = [...this.#running.values()].filter(({ step }) => !this.#ended.has(keyOf(step)));
    const shown = running
      .slice(0, MAX_STEPS)
      .flatMap(({ step, since, latest }) => [
        `${formatDuration(now - since).padStart(7)}  ${label(step)} ${instructionOf(step)}`,
        ...(latest ? [`         | ${latest}`] : []),
      ]);
    const hidden = running.length - MAX_STEPS;
    return [...shown, ...(hidden > 0 ? [`         and ${hidden} more`] : [])];
  }

  #latest(id: string, text: string): void {
    const running = this.#running.get(id);
    if (running !== undefined && text !== '') running.latest = text;
  }
}

function keyOf({ stage, position, platform, instruction }: StepEvent): string {
  return JSON.stringify([stage, position, platform, instruction]);
}

/** The log lines of an event. Call it before `view.see(event)`. */
export function buildLines(event: BuildEvent, view: BuildView): string[] {
  if (event.type === 'log') return [`${view.nameOf(event.id)} | ${sanitizeLine(event.line)}`];
  if (event.type !== 'step' || event.internal || event.state === 'started' || !view.isNews(event)) return [];
  const took =
    event.state === 'done' && event.durationMs !== undefined ? ` in ${formatDuration(event.durationMs)}` : '';
  return [`${label(event)} ${instructionOf(event)}: ${event.state}${took}`];
}

/** `[venv-web 2/4 linux/arm64]` */
function label({ stage, position, platform, target }: StepEvent): string {
  const parts = [stage ?? target, position, platform].filter((part) => part !== undefined);
  return parts.length === 0 ? '[build]' : `[${sanitizeLine(parts.join(' '))}]`;
}

/** The instruction on one line, shortened. */
function instructionOf({ instruction }: StepEvent): string {
  const line = sanitizeLine(instruction.replace(/\s+/g, ' '));
  return line.length > MAX_INSTRUCTION ? `${line.slice(0, MAX_INSTRUCTION - 1)}…` : line;
}
