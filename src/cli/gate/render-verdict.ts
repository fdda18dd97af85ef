import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { shortDigest } from '../../lib/text/words.ts';
import type { AppliedPolicy, GateOutcome, ImageVerdict, PlatformVerdict, Verdict } from '../../model/verdict.ts';
import { formatCounts, paintCounts, stateColor } from '../../terminal/severity.ts';
import { wrap } from '../../terminal/wrap.ts';
import type { Colors } from '../framework/output.ts';
import { allowedLines, rejectingLines } from './render-verdict-findings.ts';
import { type FindingGroup, shareFindings } from './shared-findings.ts';

export interface RenderVerdictOptions {
  /** The terminal's width; undefined for what is no terminal. */
  readonly columns: number | undefined;
  readonly colors: Colors;
  /** How many findings of an image are listed at most. @default 15 */
  readonly most?: number | undefined;
  /** What an image is called. @default its repository */
  readonly nameOf?: ((image: ImageVerdict) => string) | undefined;
  /** What names an image to a command. @default its repository and digest */
  readonly referenceOf?: ((image: ImageVerdict) => string) | undefined;
}

/**
 * A verdict for people: what was decided, then image by image why, then what several images have in common, and what is to be said
 * of the allow-list.
 */
export function* renderVerdict(verdict: Verdict, options: RenderVerdictOptions): Generator<string> {
  const { colors, columns } = options;
  yield wrap(headline(verdict, colors), columns);
  yield wrap(colors.dim(`policy on ${verdict.day}: ${describePolicy(verdict.policy)}`), columns);
  const { groups, own } = shareFindings(verdict.images);
  for (const image of verdict.images) yield* imageLines(image, own.get(image), options);
  for (const group of groups) yield* groupLines(group, verdict.images.length, options);
  const isKnown = verdict.images.every(({ outcome }) => outcome === 'passed' || outcome === 'rejected');
  for (const { id, reason, until, findings } of verdict.expired) {
    const none = isKnown ? 'nothing needed it' : 'whether it is needed is not known';
    const missed = findings === 0 ? none : `it would have let ${count(findings, 'finding')} pass`;
    yield wrap(
      `${colors.yellow('expired:')} ${sanitizeLine(`${id}, accepted until ${until} (${reason}); ${missed}`)}`,
      columns,
    );
  }
  if (verdict.unused.length > 0) {
    yield wrap(colors.dim(`allowed, and not found: ${sanitizeLine(verdict.unused.join(', '))}`), columns);
  }
}

/** The outcome in a word or two, coloured. */
function renderOutcome(outcome: GateOutcome, colors: Colors): string {
  const text = outcome.replaceAll('-', ' ');
  return outcomeColor(outcome, colors)(text);
}

function headline({ outcome, images }: Verdict, colors: Colors): string {
  const word = colors.bold(outcomeColor(outcome, colors)(outcome.replaceAll('-', ' ').toUpperCase()));
  const those = images.filter((image) => image.outcome === outcome).length;
  const of = images.length === 1 ? 'the image' : `${those} of ${images.length} images`;
  const rejected = images.filter((image) => image.outcome === 'rejected').length;
  const also = rejected === 0 ? '' : `; ${rejected} ${rejected === 1 ? 'is' : 'are'} rejected`;
  switch (outcome) {
    case 'passed':
      return `${word}: ${images.length === 1 ? 'the image' : `all ${images.length} images`} may be released`;
    case 'rejected':
      return `${word}: ${of} may not be released`;
    case 'not-scanned':
      return images.length === 0 ? `${word}: there is no image` : `${word}: of ${of} nothing is known${also}`;
    case 'scan-failed':
      return `${word}: the scan of ${of} ended without a result${also}`;
    case 'scanner-down':
      return `${word}: of ${of} nothing can be known${also}`;
    case 'timed-out':
      return `${word}: the scan of ${of} did not end in time${also}`;
  }
}

function describePolicy({ failOn, ignoreUnfixed, unknown }: AppliedPolicy): string {
  if (failOn === 'none') return 'no finding rejects an image';
  return [
    failOn === 'critical' ? 'critical rejects' : `${failOn} or worse rejects`,
    unknown === 'fail' ? 'unknown rejects too' : 'unknown passes',
    ...(ignoreUnfixed ? ['what has no fix yet passes'] : []),
  ].join(', ');
}

function* imageLines(
  image: ImageVerdict,
  own: FindingGroup | undefined,
  options: RenderVerdictOptions,
): Generator<string> {
  const { colors, columns, nameOf = repositoryOf } = options;
  const { outcome, digest, reason, unknownPassed, unfixedPassed } = image;
  const shown = columns === undefined ? digest : shortDigest(digest);
  const name = colors.bold(sanitizeLine(nameOf(image)));
  yield wrap(
    `${markOf(outcome, colors)} ${name} ${renderOutcome(outcome, colors)}  ${colors.dim(sanitizeLine(shown))}`,
    columns,
  );
  if (reason !== undefined) yield wrap(`  ${sanitizeLine(reason)}`, columns);
  for (const platform of image.platforms) yield wrap(`  ${platformLine(platform, colors)}`, columns);
  if (own !== undefined) yield* findingLines(own, options);
  const passed = [
    ...(unknownPassed > 0 ? [`${unknownPassed} of unknown severity`] : []),
    ...(unfixedPassed > 0 ? [`${unfixedPassed} without a fix`] : []),
  ];
  if (passed.length > 0) yield wrap(`  let pass: ${passed.join(', ')}`, columns);
}

/** What several images have, each of them the same. */
function* groupLines(group: FindingGroup, images: number, options: RenderVerdictOptions): Generator<string> {
  const { colors, columns, nameOf = repositoryOf } = options;
  const names = group.images.map((image) => colors.bold(sanitizeLine(nameOf(image))));
  yield wrap(`in ${names.length === images ? colors.bold(`all ${images} images`) : names.join(', ')}:`, columns);
  yield* findingLines(group, options);
}

function* findingLines(group: FindingGroup, options: RenderVerdictOptions): Generator<string> {
  yield* rejectingLines(group, options);
  yield* allowedLines(group, options);
}

function repositoryOf({ repository }: ImageVerdict): string {
  return repository;
}

function platformLine({ platform, state, counts }: PlatformVerdict, colors: Colors): string {
  const found = formatCounts(counts);
  const paint = state === 'timed-out' ? colors.red : stateColor(state, colors);
  return `${sanitizeLine(platform)}: ${found === '' ? paint(state) : paintCounts(found, colors)}`;
}

function markOf(outcome: GateOutcome, colors: Colors): string {
  const mark = { passed: '✓', 'not-scanned': '!', 'timed-out': '!' }[outcome as string] ?? '✗';
  return outcomeColor(outcome, colors)(mark);
}

function outcomeColor(outcome: GateOutcome, colors: Colors): (text: string) => string {
  if (outcome === 'passed') return colors.green;
  return outcome === 'not-scanned' || outcome === 'timed-out' ? colors.yellow : colors.red;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
