import { formatBytes } from '../../../lib/text/bytes.ts';
import { count, shortDigest } from '../../../lib/text/words.ts';
import type { ServiceAction } from '../../../model/enums.ts';
import { SCAN_STATE_LABELS } from '../../../model/labels.ts';
import { mainPromotion } from '../../../model/main-promotion.ts';
import { total } from '../../../model/severity-counts.ts';
import type { RunImage } from '../../run-images.ts';
import { objection } from '../../run-outcome.ts';
import type { ScannedImage } from '../../scanned-image.ts';
import { gateState, imageTable, moment } from '../images-section.ts';
import { h, type PageChild, type PageNode } from '../page-node.ts';
import type { TableColumn } from '../table.ts';

/** The images of a run: reference and digest, the public tag, and the verdict of the gate. */
export function runImagesSection(images: readonly RunImage[]): PageNode {
  const caption = `${count(images.length, 'image')} of the run`;
  // A column that says the same of each image would take the space of the others.
  const isPlanned = images.some(({ image }) => image.action !== undefined);
  const isUnchanged = images.every(({ image }) => image.action === 'unchanged');
  const columns = COLUMNS.filter(({ key }) => (key === 'made' ? isPlanned : key !== 'promotion' || !isUnchanged));
  return imageTable(images, { class: 'card-table', caption, columns });
}

const COLUMNS: readonly TableColumn<RunImage>[] = [
  {
    key: 'image',
    label: 'Image',
    heading: true,
    cell: ({ name, image }) => [
      h('span', { class: 'id' }, name),
      h('span', { class: 'tally' }, image.reference),
      h('span', { class: 'digest' }, image.digest ?? 'not pushed'),
    ],
  },
  { key: 'made', label: 'What', cell: made },
  {
    key: 'size',
    label: 'Size',
    numeric: true,
    cell: ({ image }) => (image.sizeBytes === undefined ? ABSENT : formatBytes(image.sizeBytes)),
  },
  { key: 'platforms', label: 'Platforms', cell: platforms },
  { key: 'promotion', label: 'Public tag', cell: promotion },
  { key: 'gate', label: 'Gate', cell: gate },
];

const ABSENT = h('span', { class: 'absent' }, 'not known');

/** The most reasons that a cell lists. */
const MOST_REASONS = 6;

/** Since when the image is released, or why it was built. */
function made({ image }: RunImage): PageChild | readonly PageChild[] {
  const { action, reasons = [], release, revision, built } = image;
  if (action === undefined) return ABSENT;
  const commit =
    revision === undefined ? [] : [' from ', h('span', { class: 'mono' }, revision.slice(0, COMMIT_LENGTH))];
  if (action === 'build') return [h('span', { class: 'id' }, MADE[action]), ...commit, ...reasonLines(reasons)];
  const when = built === undefined ? [] : [' on ', h('time', { datetime: built }, moment(built))];
  return [
    h('span', { class: 'id' }, MADE[action]),
    h('span', { class: 'line' }, release === undefined ? 'built again today' : `since release ${release}`),
    when.length + commit.length === 0 ? undefined : h('span', { class: 'line aside' }, 'built', ...when, ...commit),
    ...(action === 'same-content' ? reasonLines(reasons) : []),
  ];
}

const MADE: Readonly<Record<ServiceAction, string>> = {
  build: 'Built',
  'same-content': 'Rebuilt, same content',
  reuse: 'Reused',
  unchanged: 'Unchanged',
};

function reasonLines(reasons: readonly string[]): PageNode[] {
  const more = reasons.length - MOST_REASONS;
  return [
    ...reasons.slice(0, MOST_REASONS).map((reason) => h('span', { class: 'line aside reason' }, reason)),
    ...(more > 0 ? [h('span', { class: 'line aside' }, `and ${count(more, 'more reason')}`)] : []),
  ];
}

/** How many digits of a commit are shown. */
const COMMIT_LENGTH = 10;

function platforms({ image, scanned }: RunImage): PageChild | readonly PageChild[] {
  if (scanned.length > 0) return scanned.map(scannedPlatform);
  if (image.platforms.length === 0) return ABSENT;
  return image.platforms.map((platform) => h('span', { class: 'line' }, platform));
}

function scannedPlatform({ scan }: ScannedImage): PageNode {
  const said = scan.state === 'findings' ? undefined : scan.state === 'clean' ? 'clean' : SCAN_STATE_LABELS[scan.state];
  return h(
    'span',
    { class: 'line' },
    scan.platform,
    ' ',
    h('span', { class: 'aside' }, said ?? count(total(scan.counts), 'finding')),
  );
}

function promotion({ image, isRecovered }: RunImage): PageChild | readonly PageChild[] {
  const what = mainPromotion(image);
  const previous = image.tags.find(({ promotion }) => promotion === what)?.previous;
  const from = previous === undefined ? undefined : h('span', { class: 'mono' }, shortDigest(previous));
  switch (what) {
    case 'moved':
      return [h('span', { class: 'id' }, 'Moved'), h('span', { class: 'line aside' }, 'from ', from ?? 'nothing')];
    case 'created':
      return [h('span', { class: 'id' }, 'Created'), h('span', { class: 'line aside' }, 'it did not exist')];
    case 'unchanged':
      return [
        h('span', { class: 'id' }, 'Unchanged'),
        h('span', { class: 'line aside' }, 'already pointed to this image'),
      ];
    case 'undone':
      return [
        h('span', { class: 'id' }, 'Undone'),
        h('span', { class: 'line aside' }, from === undefined ? 'removed again' : 'to ', from),
      ];
    case 'in-doubt':
      return [
        h('span', { class: 'id' }, 'In doubt'),
        h('span', { class: 'line aside' }, 'the request to move it got no response'),
      ];
    case 'none':
      // Without a digest the tag did not exist, or the run ended before it was read.
      return [
        isRecovered ? 'Moved by the recovery' : 'Not touched',
        from && h('span', { class: 'line aside' }, 'points to ', from),
      ];
  }
}

function gate({ verdict }: RunImage): PageChild | readonly PageChild[] {
  if (verdict === undefined) return h('span', { class: 'absent' }, 'did not run');
  const { allowed } = verdict;
  return [
    gateState(verdict.outcome),
    verdict.rejecting.length > 0 ? h('span', { class: 'line aside' }, objection(verdict)) : undefined,
    allowed.length > 0 ? h('span', { class: 'line aside' }, `${allowed.length} allowed`) : undefined,
  ];
}
