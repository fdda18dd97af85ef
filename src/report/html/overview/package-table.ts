import { formatAge } from '../../../lib/text/duration.ts';
import { formatTime } from '../../../lib/text/time.ts';
import { count, formatNumber } from '../../../lib/text/words.ts';
import type { AuditedPackage } from '../../../model/audit.ts';
import { FINDING_SEVERITIES, GATE_OUTCOMES } from '../../../model/enums.ts';
import { describeHold } from '../../../model/labels.ts';
import type { SeverityCounts } from '../../../model/scan-report.ts';
import { total } from '../../../model/severity-counts.ts';
import { describeCounts } from '../../severity.ts';
import { choice, field } from '../findings-section.ts';
import { gateState } from '../images-section.ts';
import { h, type PageChild, type PageNode } from '../page-node.ts';
import { severityBar } from '../severity-bar.ts';
import { type Column, sortableTable } from '../table.ts';
import { differenceCounts } from './differences.ts';
import {
  currentReleases,
  MARKS,
  PACKAGES,
  type PackageMark,
  packageFile,
  packageMarks,
  type ReleasedFindings,
  releasedFindings,
  worstOutcome,
} from './package-facts.ts';
import { smallTrend, trendLegend } from './trend.ts';

/** All packages with their filters, those with differences first. */
export function packagesSection(packages: readonly AuditedPackage[], now: Date): PageNode {
  const weight = ({ differences, unknown }: AuditedPackage) =>
    differences.length > 0 ? 2 : unknown.length > 0 ? 1 : 0;
  const rows = [...packages].sort((a, b) => weight(b) - weight(a));
  return h(
    'section',
    { class: 'packages', id: 'packages', 'aria-labelledby': 'packages-title', tabindex: '-1' },
    h('h2', { id: 'packages-title' }, 'Packages'),
    controls(packages),
    h('p', { id: 'shown', class: 'needs-script', role: 'status', 'aria-live': 'polite' }, ''),
    sortableTable(
      {
        id: 'released-table',
        caption: 'Packages, those with differences first',
        columns: columnsFor(packages, now),
        marks: packageMarks,
        noun: 'package',
      },
      rows,
    ),
    trendLegend(),
  );
}

const MARK_LABELS: Readonly<Record<PackageMark, string>> = {
  differences: 'With differences',
  rejected: 'Rejected',
  held: 'Held',
  unknown: 'Not known',
};

function controls(packages: readonly AuditedPackage[]): PageNode {
  const marks = packages.flatMap(packageMarks);
  return h(
    'div',
    { id: 'controls', class: 'needs-script', role: 'search', 'aria-label': 'Filter the packages' },
    h(
      'fieldset',
      {},
      h('legend', {}, 'Show only'),
      ...MARKS.map((mark) =>
        choice('checkbox', 'show', mark, [
          `${MARK_LABELS[mark]} (${formatNumber(marks.filter((each) => each === mark).length)})`,
        ]),
      ),
    ),
    field(
      'Search',
      'text',
      h('input', {
        type: 'search',
        id: 'text',
        autocomplete: 'off',
        spellcheck: 'false',
        placeholder: 'package, tag, kind of difference',
      }),
    ),
    h('div', { class: 'last' }, h('button', { type: 'button', id: 'reset' }, 'Clear filters')),
  );
}

/** The package, as a link from the page of all packages to its own. */
export function packageLink(name: string): PageNode {
  return h('a', { href: `${PACKAGES}/${packageFile(name)}` }, name);
}

function columnsFor(packages: readonly AuditedPackage[], now: Date): Column<AuditedPackage>[] {
  const largest = Math.max(0, ...packages.map(({ images }) => total(releasedFindings(images).counts)));
  return [
    {
      key: 'package',
      label: 'Package',
      heading: true,
      value: ({ name }) => name,
      cell: ({ name, images, held }) => [
        h('span', { class: 'id' }, packageLink(name)),
        images.length === 0 ? undefined : h('span', { class: 'tally' }, count(images.length, 'image')),
        held === undefined ? undefined : h('span', { class: 'line aside held' }, heldMark(), ` ${describeHold(held)}`),
      ],
    },
    {
      key: 'current',
      label: 'Current',
      descending: true,
      value: (pkg) => currentReleases(pkg)[0]?.released ?? '',
      cell: (pkg) => currentCell(pkg, now),
    },
    { key: 'verdict', label: 'Verdict', descending: true, value: verdictValue, cell: verdictCell },
    {
      key: 'found',
      label: 'Findings',
      descending: true,
      value: ({ images }) => countsValue(releasedFindings(images)),
      cell: ({ images }) => findingsCell(releasedFindings(images), images.length, largest),
    },
    {
      key: 'trend',
      label: 'Trend',
      descending: true,
      value: ({ releases }) => releases.length,
      cell: ({ releases }) => smallTrend(releases),
    },
    {
      key: 'differences',
      label: 'Differences',
      descending: true,
      value: ({ differences }) => differences.length,
      cell: differencesCell,
    },
  ];
}

export function heldMark(): PageNode {
  return h('span', { class: 'state missing' }, 'Held');
}

function currentCell(pkg: AuditedPackage, now: Date): PageChild[] {
  const current = currentReleases(pkg);
  if (current.length === 0)
    return [h('span', { class: 'absent' }, pkg.unknown.length > 0 ? 'not known' : 'no release')];
  return current.map(({ release, released, tags }) =>
    h(
      'span',
      { class: 'line' },
      h('span', { class: 'id' }, tags.join(', ')),
      ` release ${release} `,
      h('time', { class: 'aside', datetime: released, title: formatTime(released) }, ageText(released, now)),
    ),
  );
}

/** How old something was at the time of the audit. */
export function ageText(time: string, now: Date): string {
  const age = now.getTime() - Date.parse(time);
  return Number.isNaN(age) ? time : `${formatAge(age)} ago`;
}

/** For sorting: the worst is the greatest. */
function verdictValue({ images }: AuditedPackage): number {
  const outcome = worstOutcome(images);
  return outcome === undefined ? 0 : GATE_OUTCOMES.length - GATE_OUTCOMES.indexOf(outcome);
}

function verdictCell({ images }: AuditedPackage): PageChild[] {
  const outcome = worstOutcome(images);
  if (outcome === undefined) return [h('span', { class: 'absent' }, 'not known')];
  const alike = images.filter(({ verdict }) => verdict?.outcome === outcome).length;
  const share = alike === images.length ? undefined : `${alike} of ${count(images.length, 'image')}`;
  return [gateState(outcome), share === undefined ? undefined : h('span', { class: 'line aside' }, share)];
}

/** For sorting: by the worst severity, then the next. */
export function countsValue({ counts, known }: ReleasedFindings): string {
  return known === 0 ? '' : FINDING_SEVERITIES.map((severity) => counts[severity]).join(' ');
}

/** The findings of images, with how many of them are not known. */
export function findingsCell({ counts, known }: ReleasedFindings, images: number, largest: number): PageChild[] {
  if (known === 0) return [h('span', { class: 'absent' }, 'not known')];
  const missing =
    known < images
      ? h('span', { class: 'line aside' }, `${images - known} of ${count(images, 'image')} not known`)
      : undefined;
  return [...countsCell(counts, largest), missing];
}

/** Findings by severity, as words and as a bar. */
export function countsCell(counts: SeverityCounts, largest: number): PageChild[] {
  const findings = total(counts);
  if (findings === 0) return ['none'];
  return [
    h('span', { class: 'tally' }, `${formatNumber(findings)}: ${describeCounts(counts)}`),
    severityBar(counts, largest),
  ];
}

function differencesCell(pkg: AuditedPackage): PageChild[] {
  const lines = differenceCounts(pkg).map((line) => h('span', { class: 'line mono' }, line));
  const unknown = pkg.unknown.length === 0 ? [] : [h('span', { class: 'state missing' }, 'Not known in full')];
  return lines.length + unknown.length === 0 ? [h('span', { class: 'absent' }, 'none')] : [...lines, ...unknown];
}
