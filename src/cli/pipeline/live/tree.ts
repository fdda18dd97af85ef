import { formatDuration } from '../../../lib/text/duration.ts';
import { sanitizeLine } from '../../../lib/text/sanitize.ts';
import type { PipelineOutcome } from '../../../model/pipeline-run.ts';
import type { Room } from '../../../terminal/live.ts';
import { joinPieces, type Piece } from '../../../terminal/pieces.ts';
import { padTo, widthOf } from '../../../terminal/width.ts';
import type { Colors } from '../../framework/output.ts';
import { type Detail, runningDetails, runningSummary } from './details.ts';
import type { PipelineState, StageState } from './state.ts';

export interface TreeOptions extends Room {
  readonly colors: Colors;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** When the run began, as `now`. */
  readonly started: number;
  /** Once it has ended. */
  readonly outcome?: PipelineOutcome | undefined;
}

type Line = readonly Piece[];

/** The width of a stage's name: that of the longest. */
const NAME = 10;
/** The most that an image's name takes of a line of detail. */
const LONGEST_LABEL = 24;
const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const SPIN_MS = 120;

/**
 * The stages of a run as lines that fit: a line each, and below what runs its details. Where there is no room for all, the
 * stages before and after what runs share a line, then the details of what is done are left out, then others.
 */
export function pipelineTree(state: PipelineState, options: TreeOptions): string[] {
  const stages = [...state.stages.values()];
  const at = stages.findIndex(({ status }) => status === 'running');
  const lines = (some: readonly StageState[]): Line[] => some.map((stage) => stageLine(stage, state, options));
  const root = rootLine(state, options);
  const finish = (all: readonly Line[]): string[] =>
    all.slice(0, options.rows).map((pieces) => joinPieces(pieces, options.columns));
  if (at === -1) return finish([root, ...lines(stages)]);
  const details = runningDetails(state, options);
  const [before, running, after] = [stages.slice(0, at), stages.slice(at, at + 1), stages.slice(at + 1)];
  const few = options.rows < 5;
  const shortBefore = few || before.length === 0 ? [] : [shared(before, options)];
  const shortAfter = few || after.length === 0 ? [] : [shared(after, options)];
  const fullBefore = lines(before);
  const layouts: readonly (readonly [above: readonly Line[], below: readonly Line[]])[] = [
    [[root, ...fullBefore], lines(after)],
    [[root, ...fullBefore], shortAfter],
    [[...(few ? [] : [root]), ...shortBefore], shortAfter],
  ];
  const size = ([above, below]: (typeof layouts)[number]): number => above.length + running.length + below.length;
  const layout = layouts.find((candidate) => size(candidate) + details.length <= options.rows) ?? layouts.at(-1);
  const [above, below] = layout ?? [[], []];
  const room = options.rows - size([above, below]);
  return finish([...above, ...lines(running), ...cut(details, room, state, options), ...below]);
}

function rootLine({ packageName, tag, images, waiting }: PipelineState, options: TreeOptions): Line {
  const { colors, now, started, outcome } = options;
  const named = `${packageName} ${tag}, ${images.length} ${images.length === 1 ? 'image' : 'images'}`;
  const text = waiting === undefined ? (packageName === undefined ? '' : named) : waiting;
  const mark: Piece = outcome === undefined ? ' ' : outcomeMark(outcome, colors);
  return [mark, [` ${padTo('pipeline', NAME)} ${clock(now - started)}  ${sanitizeLine(text)}`, colors.bold]];
}

function outcomeMark(outcome: PipelineOutcome, colors: Colors): Piece {
  if (outcome === 'passed') return ['✓', colors.green];
  return outcome === 'unscanned' ? ['!', colors.yellow] : ['✗', colors.red];
}

function stageLine(stage: StageState, state: PipelineState, { colors, now }: TreeOptions): Line {
  const { name, status, durationMs, detail, since } = stage;
  const label = padTo(name, NAME);
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
      const mark: Piece = status === 'failed' ? ['✗', colors.red] : ['✓', colors.green];
      return [mark, ` ${label} `, [clock(durationMs ?? 0), colors.dim], `  ${sanitizeLine(detail ?? '')}`];
    }
  }
}

function clock(milliseconds: number): string {
  return formatDuration(Math.max(0, milliseconds)).padStart(6);
}

/** Several stages on a line: those that have ended with their marks, those to come by their names. */
function shared(stages: readonly StageState[], { colors }: TreeOptions): Line {
  if (stages.some(({ status }) => status === 'pending'))
    return [[`· then ${stages.map(({ name }) => name).join(', ')}`, colors.dim]];
  return stages.flatMap(({ name, status }): Piece[] => {
    if (status === 'skipped') return [[`- ${name}  `, colors.dim]];
    return [status === 'failed' ? ['✗', colors.red] : ['✓', colors.green], ` ${name}  `];
  });
}

function detailLines(details: readonly Detail[], { images }: PipelineState): Line[] {
  const names = images.map(({ name }) => widthOf(sanitizeLine(name)));
  const width = Math.min(LONGEST_LABEL, Math.max(0, ...names));
  return details.map(({ name, pieces }, index) => {
    if (name === undefined) return ['    ', ...pieces];
    const label = name === details[index - 1]?.name ? '' : sanitizeLine(name);
    return [`    ${padTo(label, width)}  `, ...pieces];
  });
}

function cut(details: readonly Detail[], room: number, state: PipelineState, { colors }: TreeOptions): readonly Line[] {
  if (room < 1) return [];
  if (details.length <= room) return detailLines(details, state);
  const byNeed = [...details.filter(({ open }) => open), ...details.filter(({ open }) => !open)];
  const shown = detailLines(byNeed.slice(0, room - 1), state);
  return [...shown, [[`    and ${details.length - shown.length} more`, colors.dim]]];
}
