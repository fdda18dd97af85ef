import type { BuildEvent, StepEvent } from '../../buildx/events.ts';
import type { CommandContext } from '../command.ts';
import { createLiveLines, type LiveLines } from './live.ts';
import { formatBytes, formatDuration, visibleLine } from './text.ts';

export type ProgressMode = 'auto' | 'tty' | 'plain' | 'quiet';

/** How many running steps are shown at once. */
const SHOWN_STEPS = 12;

/** Shows a build while it runs: the running steps on a terminal, else a line for each step and each line it prints. */
export async function renderBuild(
  events: AsyncIterable<BuildEvent>,
  context: CommandContext,
  mode: ProgressMode,
): Promise<void> {
  const { output } = context;
  const live = mode === 'tty' || (mode === 'auto' && context.interactive) ? createLiveLines(output.stderr) : undefined;
  const plain = live === undefined && mode !== 'quiet' && !output.quiet;
  const view = new RunningSteps();
  // A step that waits for a download says nothing: the clock shows that it is alive.
  const clock = live === undefined ? undefined : setInterval(() => live.update(() => view.lines()), 500);
  try {
    for await (const event of events) {
      view.see(event);
      if (event.type === 'invocation') output.detail(event.command);
      if (event.type === 'warning') printAbove(live, () => output.warn(event.message));
      if (plain) for (const line of plainLines(event, view)) output.note(line);
      live?.update(() => view.lines());
    }
  } finally {
    clearInterval(clock);
    live?.clear();
  }
}

class RunningSteps {
  readonly #running = new Map<string, { readonly step: StepEvent; readonly since: number; transfer?: string }>();
  readonly #steps = new Map<string, StepEvent>();
  #done = 0;
  #cached = 0;

  see(event: BuildEvent): void {
    if (event.type === 'transfer') {
      const running = this.#running.get(event.id);
      if (running !== undefined) running.transfer = formatBytes(event.currentBytes);
    }
    if (event.type !== 'step') return;
    this.#steps.set(event.id, event);
    if (event.state === 'started') {
      this.#running.set(event.id, { step: event, since: Date.now() });
      return;
    }
    this.#running.delete(event.id);
    if (event.internal) return;
    this.#done++;
    if (event.state === 'cached') this.#cached++;
  }

  nameOf(id: string): string {
    const step = this.#steps.get(id);
    return step === undefined ? id : label(step);
  }

  lines(): string[] {
    const running = [...this.#running.values()];
    const shown = running.slice(0, SHOWN_STEPS).map(({ step, since, transfer }) => {
      const amount = transfer === undefined ? '' : `  ${transfer}`;
      return `${formatDuration(Date.now() - since).padStart(7)}  ${label(step)} ${instructionOf(step)}${amount}`;
    });
    const hidden = running.length - shown.length;
    return [
      `building: ${this.#done} steps done, ${this.#cached} of them cached`,
      ...shown,
      ...(hidden > 0 ? [`         and ${hidden} more`] : []),
    ];
  }
}

function plainLines(event: BuildEvent, view: RunningSteps): string[] {
  if (event.type === 'log') return [`${view.nameOf(event.id)} | ${visibleLine(event.line)}`];
  if (event.type !== 'step' || event.internal || event.state === 'started') return [];
  const took =
    event.state === 'done' && event.durationMs !== undefined ? ` in ${formatDuration(event.durationMs)}` : '';
  return [`${label(event)} ${instructionOf(event)}: ${event.state}${took}`];
}

/** `[venv-web 2/4 linux/arm64]` */
function label({ stage, position, platform, target }: StepEvent): string {
  const parts = [stage ?? target, position, platform].filter((part) => part !== undefined);
  return parts.length === 0 ? '[build]' : `[${visibleLine(parts.join(' '))}]`;
}

/** On one line, as short as it can be. */
function instructionOf({ instruction }: StepEvent): string {
  return visibleLine(instruction.replace(/\s+/g, ' '));
}

function printAbove(live: LiveLines | undefined, print: () => void): void {
  live?.clear();
  print();
}
