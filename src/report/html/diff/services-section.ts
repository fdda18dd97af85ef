import { shortDigest } from '../../../lib/text/words.ts';
import type { ComparedImage, ComparedService, ReleaseDiff } from '../../../model/release-diff.ts';
import { total } from '../../../model/severity-counts.ts';
import { FINDING_CHANGES, reportText, servicePackagesText, shortCommit, sizeText } from '../../diff-words.ts';
import { describeCounts } from '../../severity.ts';
import { imageTable, moment } from '../images-section.ts';
import { h, type PageChild, type PageNode } from '../page-node.ts';
import type { TableColumn } from '../table.ts';

/** The services of both releases, each with its two images. */
export function diffServicesSection({ services, from, to }: ReleaseDiff): PageNode {
  // A column that says nothing of any service would take the space of the others.
  const columns = COLUMNS.filter(({ key }) => key !== 'packages' || services.some(hasPackages));
  const caption = `The images of release ${from.number} and release ${to.number}`;
  return imageTable(services, { class: 'card-table diff-table', caption, columns });
}

const COLUMNS: readonly TableColumn<ComparedService>[] = [
  {
    key: 'service',
    label: 'Service',
    heading: true,
    cell: ({ name, to, from }) => [
      h('span', { class: 'id' }, name),
      h('span', { class: 'tally' }, (to ?? from)?.repository ?? ''),
    ],
  },
  {
    key: 'change',
    label: 'Change',
    cell: ({ change, to }) => [
      h('span', { class: `change ${change}` }, change),
      change === 'unchanged' && to !== undefined
        ? h('span', { class: 'line aside' }, `since release ${to.since}`)
        : undefined,
    ],
  },
  { key: 'image', label: 'Image', cell: (service) => bothOf(service, image) },
  { key: 'findings', label: 'Findings', cell: findings },
  { key: 'packages', label: 'Packages', cell: (service) => servicePackagesText(service) ?? NOTHING },
  { key: 'size', label: 'Size', cell: (service) => sizeText(service) ?? NOTHING },
];

const NOTHING = h('span', { class: 'absent' }, '-');

function hasPackages({ packages, packagesUnknown }: ComparedService): boolean {
  return packages !== undefined || packagesUnknown !== undefined;
}

/** What is in both releases, once; else what was before, and what is now. */
function bothOf(
  { change, from, to }: ComparedService,
  describe: (image: ComparedImage) => readonly PageChild[],
): readonly PageChild[] {
  if (change === 'unchanged' && to !== undefined) return describe(to);
  return [...(from === undefined ? [] : describe(from)), ...(to === undefined ? [] : describe(to))];
}

function image(one: ComparedImage): readonly PageChild[] {
  const commit = one.revision === undefined ? '' : ` from ${shortCommit(one.revision)}`;
  return [
    h('span', { class: 'line' }, h('span', { class: 'mono' }, shortDigest(one.digest)), commit),
    one.reports.length === 0 ? undefined : h('span', { class: 'line aside' }, `report: ${reportText(one, moment)}`),
  ];
}

function findings({ findings: counts, findingsUnknown }: ComparedService): PageChild | readonly PageChild[] {
  if (findingsUnknown !== undefined)
    return [h('span', { class: 'state missing' }, 'not known'), h('span', { class: 'line aside' }, findingsUnknown)];
  if (counts === undefined) return h('span', { class: 'absent' }, 'gone with the service');
  const told = FINDING_CHANGES.filter(({ key }) => total(counts[key]) > 0);
  if (told.length === 0) return 'none';
  return told.map(({ key, word }) => h('span', { class: 'line' }, `${word}: ${describeCounts(counts[key])}`));
}
