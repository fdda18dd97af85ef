import { formatTime } from '../../../lib/text/time.ts';
import { count, formatNumber, joinWords } from '../../../lib/text/words.ts';
import type { EarlierRelease } from '../../../model/audit.ts';
import type { FindingSeverity } from '../../../model/enums.ts';
import { FINDING_SEVERITIES } from '../../../model/enums.ts';
import { GATE_LABELS, SEVERITY_LABELS } from '../../../model/labels.ts';
import { describeCounts } from '../../severity.ts';
import { h, type PageNode } from '../page-node.ts';
import { severityName } from '../severity-name.ts';

// One lane for each severity, on a scale of its own: beside 2,000 findings that are low, nobody would see that the critical ones
// went from 1 to 3.

/** A chart of fewer releases has room for this many: two bars across the page look like a lot. */
const FEWEST_BARS = 12;
const LANE_HEIGHT = 16;

/** The severities of the small chart. */
const SMALL: readonly FindingSeverity[] = ['critical', 'high', 'medium'];

/** Whether the findings were known when a release was made. */
export function isScannedRelease({ outcome }: Pick<EarlierRelease, 'outcome'>): boolean {
  return outcome === 'passed' || outcome === 'rejected';
}

/** A small chart of the worst severities over the releases, which are the newest first. */
export function smallTrend(releases: readonly EarlierRelease[]): PageNode {
  const scanned = releases.filter(isScannedRelease);
  if (scanned.length === 0)
    return h('span', { class: 'absent' }, releases.length === 0 ? 'no release' : 'no release with a scan');
  const label = `${count(releases.length, 'release')}, ${joinWords(SMALL.map((severity) => course(scanned, severity)))}`;
  return svg(
    label,
    SMALL.length,
    SMALL.map((severity, lane) => ({ severity, lane })),
    releases,
  );
}

/** `critical 3, then 1` */
function course(newestFirst: readonly EarlierRelease[], severity: FindingSeverity): string {
  const first = formatNumber(newestFirst.at(-1)?.counts[severity] ?? 0);
  const last = formatNumber(newestFirst[0]?.counts[severity] ?? 0);
  return newestFirst.length === 1 || first === last ? `${severity} ${last}` : `${severity} from ${first} to ${last}`;
}

/** The chart of a package: a row for each severity that one of the releases has. */
export function trendTable(releases: readonly EarlierRelease[]): PageNode | undefined {
  const scanned = releases.filter(isScannedRelease);
  const [newest] = scanned;
  const oldest = scanned.at(-1);
  if (newest === undefined || oldest === undefined) return undefined;
  const present = FINDING_SEVERITIES.filter((severity) => scanned.some(({ counts }) => counts[severity] > 0));
  if (present.length === 0) return h('p', {}, 'No finding in any of these releases.');
  return h(
    'div',
    { class: 'chart trends' },
    h(
      'table',
      {},
      h('caption', {}, `Findings over ${count(releases.length, 'release')}, the newest at the right`),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, 'Severity'),
          h('th', { scope: 'col', class: 'drawing' }, span(releases)),
          h('th', { scope: 'col', class: 'number' }, 'Most'),
          h('th', { scope: 'col', class: 'number' }, 'Newest'),
        ),
      ),
      h(
        'tbody',
        {},
        present.map((severity) =>
          h(
            'tr',
            {},
            h('th', { scope: 'row' }, severityName(severity)),
            h('td', { class: 'drawing' }, svg(course(scanned, severity), 1, [{ severity, lane: 0 }], releases)),
            h('td', { class: 'number' }, formatNumber(most(scanned, severity))),
            h('td', { class: 'number' }, formatNumber(newest.counts[severity])),
          ),
        ),
      ),
    ),
    releases.length > scanned.length
      ? h('p', { class: 'aside' }, 'A pale bar of full height is a release without a scan: its findings are not known.')
      : undefined,
  );
}

function span(releases: readonly EarlierRelease[]): string {
  const [newest] = releases;
  const oldest = releases.at(-1);
  if (newest === undefined || oldest === undefined) return '';
  return newest === oldest ? `Release ${newest.number}` : `Releases ${oldest.number} to ${newest.number}`;
}

function most(releases: readonly EarlierRelease[], severity: FindingSeverity): number {
  return Math.max(0, ...releases.filter(isScannedRelease).map(({ counts }) => counts[severity]));
}

interface Lane {
  readonly severity: FindingSeverity;
  readonly lane: number;
}

/** Bars from the left, the oldest, to the right. */
function svg(label: string, lanes: number, drawn: readonly Lane[], newestFirst: readonly EarlierRelease[]): PageNode {
  const places = Math.max(FEWEST_BARS, newestFirst.length);
  const width = 100 / places;
  const height = 100 / lanes;
  const bars = newestFirst.map((release, index) => {
    const place = { x: percentage((places - 1 - index) * width), width: percentage(width) };
    const title = h('title', {}, describe(release));
    if (!isScannedRelease(release)) return h('g', {}, title, rectangle('unscanned', place, 0, 100));
    const rectangles = drawn.flatMap(({ severity, lane }) => {
      const value = release.counts[severity];
      if (value === 0) return [];
      // The gap above a lane keeps it apart from the next; a bar of few findings can still be seen.
      const tall = Math.max(0.08, value / most(newestFirst, severity)) * height * 0.85;
      return [rectangle(`fill ${severity}`, place, (lane + 1) * height - tall, tall)];
    });
    return h('g', {}, title, rectangle('behind', place, 0, 100), ...rectangles);
  });
  const lines = drawn.map(({ lane }) => {
    const y = percentage((lane + 1) * height);
    return h('line', { x1: '0', x2: '100%', y1: y, y2: y });
  });
  return h(
    'svg',
    { class: 'trend', role: 'img', 'aria-label': label, height: String(lanes * LANE_HEIGHT) },
    ...lines,
    ...bars,
  );
}

function rectangle(kind: string, place: PageNode['attributes'], y: number, height: number): PageNode {
  return h('rect', { class: kind, ...place, y: percentage(y), height: percentage(height) });
}

function percentage(value: number): string {
  return `${value.toFixed(2)}%`;
}

function describe(release: EarlierRelease): string {
  const { number, kind, created, outcome, counts } = release;
  const found = isScannedRelease(release) ? describeCounts(counts) || 'no findings' : 'findings not known';
  const verdict = outcome === undefined ? 'not scanned' : GATE_LABELS[outcome].toLowerCase();
  return `${kind} ${number}, ${formatTime(created)}: ${found}, ${verdict}`;
}

/** What the small chart shows. */
export function trendLegend(): PageNode {
  return h(
    'p',
    { class: 'aside' },
    `Trend: the ${joinWords(SMALL.map((severity) => SEVERITY_LABELS[severity].toLowerCase()))} findings of the last releases, each severity on its own scale, the newest at the right.`,
  );
}
