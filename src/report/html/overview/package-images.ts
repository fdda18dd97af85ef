import { formatTime } from '../../../lib/text/time.ts';
import { count } from '../../../lib/text/words.ts';
import type { AuditedImage } from '../../../model/audit.ts';
import { GATE_OUTCOMES, isScanned } from '../../../model/enums.ts';
import { GATE_LABELS, SCAN_STATE_LABELS } from '../../../model/labels.ts';
import { total } from '../../../model/severity-counts.ts';
import type { ImageVerdict, PlatformVerdict } from '../../../model/verdict.ts';
import { gateState } from '../images-section.ts';
import { h, type PageChild, type PageNode } from '../page-node.ts';
import { rejectingFinding } from '../run/verdict-section.ts';
import { type Column, sortableTable } from '../table.ts';
import { imageCounts, releasedFindings } from './package-facts.ts';
import { countsValue, findingsCell } from './package-table.ts';

/** The images that the public tags of a package must point to. */
export function packageImages(images: readonly AuditedImage[]): PageNode {
  return h(
    'section',
    { class: 'images', 'aria-labelledby': 'images' },
    h('h2', { id: 'images' }, images.length === 1 ? 'Image' : 'Images'),
    sortableTable(
      {
        id: 'audited-table',
        caption: `${count(images.length, 'image')} of the current releases`,
        columns: columnsFor(images),
      },
      images,
    ),
  );
}

/** How many digits of a commit are shown. */
const COMMIT_LENGTH = 10;

function columnsFor(images: readonly AuditedImage[]): Column<AuditedImage>[] {
  const largest = Math.max(0, ...images.map((image) => total(imageCounts(image) ?? releasedFindings([]).counts)));
  return [
    {
      key: 'image',
      label: 'Image',
      heading: true,
      value: ({ service, repository }) => service ?? repository,
      cell: ({ service, repository, digest }): PageChild[] => [
        h('span', { class: 'id' }, service ?? repository),
        service === undefined ? undefined : h('span', { class: 'tally' }, repository),
        h('span', { class: 'digest' }, digest),
      ],
    },
    { key: 'tags', label: 'Public tags', value: ({ tags }) => tags.join(' '), cell: ({ tags }) => tags.join(', ') },
    { key: 'since', label: 'Since', descending: true, value: ({ since }) => since, cell: since },
    {
      key: 'platforms',
      label: 'Platforms',
      value: (image) => oldestReport(image),
      cell: platforms,
    },
    {
      key: 'verdict',
      label: 'Verdict',
      descending: true,
      value: verdictValue,
      cell: ({ verdict }) => verdictCell(verdict),
    },
    {
      key: 'found',
      label: 'Findings',
      descending: true,
      value: (image) => countsValue(releasedFindings([image])),
      cell: (image) => findingsCell(releasedFindings([image]), 1, largest),
    },
  ];
}

function since({ since: release, built, revision }: AuditedImage): PageChild[] {
  return [
    h('span', { class: 'line' }, `release ${release}`),
    built === undefined
      ? undefined
      : h('span', { class: 'line aside' }, 'built ', h('time', { datetime: built }, formatTime(built))),
    revision === undefined
      ? undefined
      : h('span', { class: 'line aside' }, 'from ', h('span', { class: 'mono' }, revision.slice(0, COMMIT_LENGTH))),
  ];
}

function oldestReport({ verdict }: AuditedImage): string {
  return (verdict?.platforms ?? []).map(({ finished = '' }) => finished).sort()[0] ?? '';
}

function platforms({ platforms: names, verdict }: AuditedImage): PageChild[] {
  const reports = new Map((verdict?.platforms ?? []).map((each) => [each.platform, each]));
  // A report of an image without platforms in its record is shown, too.
  const all = [...new Set([...names, ...reports.keys()])];
  return all.map((name) =>
    h('span', { class: 'line' }, name, h('span', { class: 'line aside' }, reportText(reports.get(name)))),
  );
}

function reportText(report: PlatformVerdict | undefined): string {
  if (report === undefined) return 'no report';
  const { state, finished } = report;
  if (state === 'timed-out') return GATE_LABELS['timed-out'].toLowerCase();
  if (!isScanned(state)) return SCAN_STATE_LABELS[state].toLowerCase();
  return finished === undefined ? 'report of an unknown time' : `report of ${formatTime(finished)}`;
}

function verdictValue({ verdict }: AuditedImage): string {
  if (verdict === undefined) return '';
  return `${GATE_OUTCOMES.length - GATE_OUTCOMES.indexOf(verdict.outcome)} ${verdict.rejecting.length}`;
}

/** The most rejecting findings that a cell lists. */
const LISTED = 5;

function verdictCell(verdict: ImageVerdict | undefined): PageChild[] {
  if (verdict === undefined) return [h('span', { class: 'absent' }, 'not known')];
  const { outcome, reason, rejecting, allowed } = verdict;
  const more = rejecting.length - LISTED;
  return [
    gateState(outcome),
    reason === undefined ? undefined : h('span', { class: 'line aside' }, reason),
    rejecting.length === 0
      ? undefined
      : h(
          'ul',
          { class: 'rejecting' },
          ...rejecting.slice(0, LISTED).map((finding) => h('li', {}, ...rejectingFinding(finding))),
          more > 0 ? h('li', { class: 'aside' }, `and ${count(more, 'more finding')}`) : undefined,
        ),
    allowed.length > 0 ? h('span', { class: 'line aside' }, `${count(allowed.length, 'finding')} allowed`) : undefined,
  ];
}
