import { shortDigest } from '../../../lib/text/words.ts';
import type { ComparedImage, ComparedService, ReleaseDiff } from '../../../model/release-diff.ts';
import { total } from '../../../model/severity-counts.ts';
import { FINDING_CHANGES, reportText, servicePackagesText, shortCommit, sizeText } from '../../diff-words.ts';
import { describeCounts } from '../../severity.ts';
import { moment } from '../images-section.ts';
import { h, type PageChild, type PageNode } from '../page-node.ts';
import { type TableColumn, table } from '../table.ts';

/** The services of both releases, each with its two images. */
export function diffServicesSection({ services, from, to }: ReleaseDiff): PageNode {
  // A column that says nothing of any service would take the space of the others.
  const columns = COLUMNS.filter(({ key }) => key !== 'packages' || services.some(hasPackages));
  const caption = `The images of release ${from.number} and release ${to.number}`;
  return h(
    'section',
    { 'aria-labelledby': 'services' },
    h('h2', { id: 'services' }, 'Services'),
    table({ id: 'service-table', class: 'card-table', caption, columns }, services),
  );
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
  { key: 'image', label: 'Image', cell: images },
  { key: 'findings', label: 'Findings', cell: findings },
  { key: 'packages', label: 'Packages', cell: (service) => servicePackagesText(service) ?? NOTHING },
  { key: 'size', label: 'Size', cell: (service) => sizeText(service) ?? NOTHING },
];

const NOTHING = h('span', { class: 'absent' }, '-');

function hasPackages({ packages, packagesUnknown }: ComparedService): boolean {
  return packages !== undefined || packagesUnknown !== undefined;
}

/** The image of both releases, once; else the one before, and the one now. */
function images({ change, from, to }: ComparedService): readonly PageChild[] {
  if (change === 'unchanged' && to !== undefined) return [image(to, undefined)];
  const both = from !== undefined && to !== undefined;
  return [from && image(from, both ? 'before' : undefined), to && image(to, both ? 'now' : undefined)];
}

function image(one: ComparedImage, when: string | undefined): PageNode {
  const about = [
    ...(one.revision === undefined ? [] : [`commit ${shortCommit(one.revision)}`]),
    ...(one.reports.length === 0 ? [] : [`report: ${reportText(one, moment)}`]),
  ];
  return h(
    'span',
    { class: 'side' },
    h(
      'span',
      { class: 'line' },
      when === undefined ? '' : `${when}: `,
      h('span', { class: 'mono' }, shortDigest(one.digest)),
    ),
    ...about.map((text) => h('span', { class: 'line aside' }, text)),
  );
}

function findings({ findings: counts, findingsUnknown }: ComparedService): PageChild | readonly PageChild[] {
  if (findingsUnknown !== undefined)
    return [h('span', { class: 'state missing' }, 'not known'), h('span', { class: 'line aside' }, findingsUnknown)];
  if (counts === undefined) return h('span', { class: 'absent' }, 'gone with the service');
  const told = FINDING_CHANGES.filter(({ key }) => total(counts[key]) > 0);
  if (told.length === 0) return 'none';
  return told.map(({ key, word }) => h('span', { class: 'line' }, `${word}: ${describeCounts(counts[key])}`));
}
