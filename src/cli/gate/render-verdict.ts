import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { formatTime } from '../../lib/text/time.ts';
import { count, shortDigest } from '../../lib/text/words.ts';
import type { GateOutcome } from '../../model/enums.ts';
import { GATE_LABELS } from '../../model/labels.ts';
import type { AppliedPolicy, ImageVerdict, PlatformVerdict, Verdict } from '../../model/verdict.ts';
import type { Colors } from '../../terminal/output-stream.ts';
import { formatCounts, paintCounts, paintState } from '../../terminal/severity.ts';
import { wrap } from '../../terminal/wrap.ts';
import { type RenderFindingsOptions, renderAllowed, renderRejecting } from './render-findings.ts';
import { type FindingGroup, shareFindings } from './share-findings.ts';

export interface RenderVerdictOptions extends RenderFindingsOptions {
  /** How an image is named. @default its repository */
  readonly nameOf?: ((image: ImageVerdict) => string) | undefined;
}

/**
 * Renders a verdict: the outcome and the policy, each image with its own findings, the findings that images share, and the
 * entries of the allow-list that have expired or match nothing.
 */
export function* renderVerdict(verdict: Verdict, options: RenderVerdictOptions): Generator<string> {
  const { colors, columns } = options;
  yield wrap(headline(verdict, colors), columns);
  yield wrap(colors.dim(`policy on ${verdict.day}: ${describePolicy(verdict.policy)}`), columns);
  const { groups, own } = shareFindings(verdict.images);
  for (const image of verdict.images) yield* renderImage(image, own.get(image), options);
  for (const group of groups) yield* renderGroup(group, verdict.images.length, options);
  const allScanned = verdict.images.every(({ outcome }) => outcome === 'passed' || outcome === 'rejected');
  for (const { id, reason, until, findings } of verdict.expired) {
    const none = allScanned ? 'no image has it' : 'not all images were scanned';
    const effect = findings === 0 ? none : `it would have allowed ${count(findings, 'finding')}`;
    yield wrap(
      `${colors.yellow('expired:')} ${sanitizeLine(`${id} was allowed until ${until} (${reason}); ${effect}`)}`,
      columns,
    );
  }
  if (verdict.unused.length > 0) {
    yield wrap(colors.dim(`allowed, but in no image: ${sanitizeLine(verdict.unused.join(', '))}`), columns);
  }
}

function headline({ outcome, images }: Verdict, colors: Colors): string {
  const word = colors.bold(outcomeColor(outcome, colors)(outcomeText(outcome).toUpperCase()));
  const affected = images.filter((image) => image.outcome === outcome).length;
  const which = images.length === 1 ? 'the image' : `${affected} of ${images.length} images`;
  const rejected = images.filter((image) => image.outcome === 'rejected').length;
  const also = rejected === 0 ? '' : `; ${rejected} ${rejected === 1 ? 'is' : 'are'} rejected`;
  switch (outcome) {
    case 'passed':
      return `${word}: ${images.length === 1 ? 'the image' : `all ${images.length} images`} may be released`;
    case 'rejected':
      return `${word}: ${which} may not be released`;
    case 'not-scanned':
      return images.length === 0 ? `${word}: there is no image` : `${word}: no scan result for ${which}${also}`;
    case 'scan-failed':
      return `${word}: the scan of ${which} failed${also}`;
    case 'scanner-down':
      return `${word}: no scan result for ${which}${also}`;
    case 'report-too-old':
      return `${word}: the scan report of ${which} is too old${also}`;
    case 'timed-out':
      return `${word}: the scan of ${which} did not finish in time${also}`;
  }
}

function describePolicy({ failOn, ignoreUnfixed, ignoreStatus, unknown, requirePackages }: AppliedPolicy): string {
  const packages = requirePackages ? ['an image without known packages is rejected'] : [];
  if (failOn === 'none') return ['no finding rejects an image', ...packages].join(', ');
  return [
    failOn === 'critical' ? 'critical findings reject' : `findings of ${failOn} or worse reject`,
    unknown === 'fail' ? 'unknown severity rejects' : 'unknown severity passes',
    ...(ignoreUnfixed ? ['findings without a fix pass'] : []),
    ...(ignoreStatus.length > 0 ? [`unfixed findings with the status ${ignoreStatus.join(' or ')} pass`] : []),
    ...packages,
  ].join(', ');
}

function* renderImage(
  image: ImageVerdict,
  own: FindingGroup | undefined,
  options: RenderVerdictOptions,
): Generator<string> {
  const { colors, columns, nameOf = repositoryOf } = options;
  const { outcome, digest, reason, unknownPassed, unfixedPassed, statusPassed } = image;
  const paint = outcomeColor(outcome, colors);
  const name = colors.bold(sanitizeLine(nameOf(image)));
  const shownDigest = colors.dim(sanitizeLine(columns === undefined ? digest : shortDigest(digest)));
  yield wrap(`${paint(markOf(outcome))} ${name} ${paint(outcomeText(outcome))}  ${shownDigest}`, columns);
  if (reason !== undefined) yield wrap(`  ${sanitizeLine(reason)}`, columns);
  for (const note of image.notes) yield wrap(`  ${colors.yellow('note:')} ${sanitizeLine(note)}`, columns);
  for (const platform of image.platforms) yield wrap(`  ${renderPlatform(platform, colors)}`, columns);
  if (own !== undefined) yield* renderFindings(own, options);
  const passed = [
    ...(unknownPassed > 0 ? [`${count(unknownPassed, 'finding')} of unknown severity`] : []),
    ...(unfixedPassed > 0 ? [`${count(unfixedPassed, 'finding')} without a fix`] : []),
    ...(statusPassed > 0
      ? [`${count(statusPassed, 'finding')} by ${statusPassed === 1 ? 'its' : 'their'} status`]
      : []),
  ];
  if (passed.length > 0) yield wrap(`  passed by the policy: ${passed.join(', ')}`, columns);
}

/** The findings that several images share. */
function* renderGroup(group: FindingGroup, imageCount: number, options: RenderVerdictOptions): Generator<string> {
  const { colors, columns, nameOf = repositoryOf } = options;
  const names = group.images.map((image) => colors.bold(sanitizeLine(nameOf(image))));
  const all = colors.bold(`all ${imageCount} images`);
  yield wrap(`in ${names.length === imageCount ? all : names.join(', ')}:`, columns);
  yield* renderFindings(group, options);
}

function* renderFindings(group: FindingGroup, options: RenderVerdictOptions): Generator<string> {
  yield* renderRejecting(group, options);
  yield* renderAllowed(group, options);
}

function repositoryOf({ repository }: ImageVerdict): string {
  return repository;
}

function renderPlatform({ platform, state, counts, finished }: PlatformVerdict, colors: Colors): string {
  const found = formatCounts(counts);
  const report = finished === undefined ? '' : colors.dim(`, report of ${formatTime(finished)}`);
  return `${sanitizeLine(platform)}: ${found === '' ? paintState(state, colors) : paintCounts(found, colors)}${report}`;
}

function outcomeText(outcome: GateOutcome): string {
  return GATE_LABELS[outcome].toLowerCase();
}

/** Time alone gives these images a result. */
const UNDECIDED: ReadonlySet<GateOutcome> = new Set(['not-scanned', 'timed-out', 'report-too-old']);

function markOf(outcome: GateOutcome): string {
  if (outcome === 'passed') return '✓';
  return UNDECIDED.has(outcome) ? '!' : '✗';
}

function outcomeColor(outcome: GateOutcome, colors: Colors): (text: string) => string {
  if (outcome === 'passed') return colors.green;
  return UNDECIDED.has(outcome) ? colors.yellow : colors.red;
}
