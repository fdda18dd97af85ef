import { formatDuration } from '../../../lib/text/duration.ts';
import { sanitizeLine } from '../../../lib/text/sanitize.ts';
import type { PipelineOutcome } from '../../../model/enums.ts';
import type { TerminalSize } from '../../../model/instance.ts';
import type { Colors } from '../../../terminal/output-stream.ts';
import { joinStyledText, type StyledText } from '../../../terminal/styled-line.ts';
import { padTo, widthOf } from '../../../terminal/width.ts';
import { type Detail, runningDetails, runningSummary } from './details.ts';
import type { PipelineState, StageState } from './state.ts';

export interface TreeOptions extends TerminalSize {
  readonly colors: Colors;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The start of the run, as `now`. */
  readonly started: number;
  /** Absent while the run lasts. */
  readonly outcome?: PipelineOutcome | undefined;
}

type Line = readonly StyledText[];

/** The width of the longest stage name. */
const NAME_WIDTH = 10;
/** The maximum width of an image's name in a line of detail. */
const MAX_LABEL_WIDTH = 24;
const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const SPIN_MS = 120;

/**
 * The stages of a run as lines that fit the terminal: one line for each stage, and the details of the running stage below it.
 * When there are too few rows, the stages before and after the running one share a line, then finished details are omitted,
 * then others.
 */
export function pipelineTree(state: PipelineState, options: TreeOptions): string[] {
  const stages = [...state.stages.values()];
  const at = stages.findIndex(({ status }) => status === 'running');
  const lines = (some: readonly StageState[]): Line[] => some.map((stage) => stageLine(stage, state, options));
  const root = rootLine(state, options);
  const finish = (all: readonly Line[]): string[] =>
    all.slice(0, options.rows).map((parts) => joinStyledText(parts, options.columns));
  if (at === -1) return finish([root, ...lines(stages)]);
  const details = runningDetails(state, options);
  const [before, running, after] = [stages.slice(0, at), stages.slice(at, at + 1), stages.slice(at + 1)];
  const few = options.rows < 5;
  const shortBefore = few || before.length === 0 ? [] : [joinStages(before, options)];
  const shortAfter = few || after.length === 0 ? [] : [joinStages(after, options)];
  const fullBefore = lines(before);
  const layouts: readonly (readonly [above: readonly Line[], below: readonly Line[]])[] = [
    [[root, ...fullBefore], lines(after)],
    [[root, ...fullBefore], shortAfter],
    [[...(few ? [] : [root]), ...shortBefore], shortAfter],
  ];
  const size = ([above, below]: (typeof layouts)[number]): number => above.length + running.length + below.length;
  const layout = layouts.find((candidate) => size(candidate) + details.length <= options.rows) ?? layouts.at(-1);
  const [above, below] = layout ?? [[], []];
  const space = options.rows - size([above, below]);
  return finish([...above, ...lines(running), ...cut(details, space, state, options), ...below]);
}

function rootLine({ packageName, tag, images, waiting }: PipelineState, options: TreeOptions): Line {
  const { colors, now, started, outcome } = options;
  const named = `${packageName} ${tag}, ${images.length} ${images.length === 1 ? 'image' : 'images'}`;
  const text = waiting === undefined ? (packageName === undefined ? '' : named) : waiting;
  const mark: StyledText = outcome === undefined ? ' ' : outcomeMark(outcome, colors);
  return [mark, [` ${padTo('pipeline', NAME_WIDTH)} ${clock(now - started)}  ${sanitizeLine(text)}`, colors.bold]];
}

function outcomeMark(outcome: PipelineOutcome, colors: Colors): StyledText {
  if (outcome === 'passed' || outcome === 'unchanged') return ['✓', colors.green];
  return outcome === 'unscanned' ? ['!', colors.yellow] : ['✗', colors.red];
}

function stageLine(stage: StageState, state: PipelineState, { colors, now }: TreeOptions): Line {
  const { name, status, durationMs, detail, since } = stage;
  const label = padTo(name, NAME_WIDTH);
  switch (status) {
    case 'pending':
      return [[`· ${label}`, colors.dim]];
    case 'skipped':
      return [[`- ${label} ${' '.repeat(6)}  ${sanitizeLine(detail ?? 'skipped')}`, colors.dim]];
    case 'running': {
      const frame = SPINNER[Math.floor(now / SPIN_MS) % SPINNER.length] ?? '';
      return [[frame, colors.cyan], ` ${label} ${clock(now - (since ?? now))}  ${runningSummary(state)}`];
    }
    default: {
      const mark: StyledText = status === 'failed' ? ['✗', colors.red] : ['✓', colors.green];
      return [mark, ` ${label} `, [clock(durationMs ?? 0), colors.dim], `  ${sanitizeLine(detail ?? '')}`];
    }
  }
}

function clock(milliseconds: number): string {
  return formatDuration(Math.max(0, milliseconds)).padStart(6);
}

/** Several stages in one line: finished ones with their marks, pending ones by their names. */
function joinStages(stages: readonly StageState[], { colors }: TreeOptions): Line {
  if (stages.some(({ status }) => status === 'pending'))
    return [[`· then ${stages.map(({ name }) => name).join(', ')}`, colors.dim]];
  return stages.flatMap(({ name, status }): StyledText[] => {
    if (status === 'skipped') return [[`- ${name}  `, colors.dim]];
    return [status === 'failed' ? ['✗', colors.red] : ['✓', colors.green], ` ${name}  `];
  });
}

function detailLines(details: readonly Detail[], { images }: PipelineState): Line[] {
  const names = images.map(({ name }) => widthOf(sanitizeLine(name)));
  const width = Math.min(MAX_LABEL_WIDTH, Math.max(0, ...names));
  return details.map(({ name, parts }, index) => {
    if (name === undefined) return ['    ', ...parts];
    const label = name === details[index - 1]?.name ? '' : sanitizeLine(name);
    return [`    ${padTo(label, width)}  `, ...parts];
  });
}

function cut(
  details: readonly Detail[],
  space: number,
  state: PipelineState,
  { colors }: TreeOptions,
): readonly Line[] {
  if (space < 1) return [];
  if (details.length <= space) return detailLines(details, state);
  const openFirst = [...details.filter(({ open }) => open), ...details.filter(({ open }) => !open)];
  const shown = detailLines(openFirst.slice(0, space - 1), state);
  return [...shown, [[`    and ${details.length - shown.length} more`, colors.dim]]];
}
