import { count } from '../../../lib/text/words.ts';
import type { AuditedPackage, Difference } from '../../../model/audit.ts';
import { DIFFERENCE_KINDS, type DifferenceKind } from '../../../model/enums.ts';
import { h, type PageChild, type PageNode } from '../page-node.ts';

const MEANINGS: Readonly<Record<DifferenceKind, string>> = {
  'released-but-rejected': "Today's policy rejects an image that a public tag points to.",
  'image-missing': 'A released image, or one of its platforms, is not in the registry.',
  'tag-moved': 'A public tag does not point to what its current release says.',
  'record-missing': 'A release record is not in the registry.',
  'record-invalid': 'A release record cannot be read.',
  'release-open': 'A release has not ended: its run is in progress, or died.',
  'not-scanned': 'The findings of a released image are not known.',
  'report-too-old': 'What was found in a released image since its last scan is not known.',
  retention: 'The tag retention of the project would delete a released image or a record.',
  'allowance-expires': 'An entry of the allow-list expires within two weeks, or has expired.',
};

/** The most differences of a kind that a page lists. */
const LISTED = 50;

/** A difference, with what names its package on a page of several. */
export interface ListedDifference {
  readonly difference: Difference;
  readonly of?: PageChild;
}

/** The differences by kind, the worst first; undefined when there are none. */
export function differencesSection(listed: readonly ListedDifference[]): PageNode | undefined {
  const kinds = DIFFERENCE_KINDS.map((kind) => ({
    kind,
    found: listed.filter(({ difference }) => difference.kind === kind),
  })).filter(({ found }) => found.length > 0);
  if (kinds.length === 0) return undefined;
  return h(
    'section',
    { class: 'differences', 'aria-labelledby': 'differences' },
    h('h2', { id: 'differences' }, 'Differences'),
    ...kinds.map(({ kind, found }) =>
      h(
        'div',
        { class: 'note' },
        h('h3', {}, h('span', { class: 'mono' }, kind), ` (${found.length})`),
        h('p', { class: 'aside' }, MEANINGS[kind]),
        h('ul', {}, ...found.slice(0, LISTED).map(differenceItem), moreItem(found.length)),
      ),
    ),
  );
}

function differenceItem({ difference, of }: ListedDifference): PageNode {
  return h('li', {}, of, of === undefined ? undefined : ': ', difference.message);
}

function moreItem(found: number): PageNode | undefined {
  return found > LISTED ? h('li', { class: 'aside' }, `and ${count(found - LISTED, 'more')}`) : undefined;
}

/** How many differences there are of each kind: `2 tag-moved`. */
export function differenceCounts({ differences }: Pick<AuditedPackage, 'differences'>): readonly string[] {
  return DIFFERENCE_KINDS.map((kind) => [differences.filter((each) => each.kind === kind).length, kind] as const)
    .filter(([found]) => found > 0)
    .map(([found, kind]) => `${found} ${kind}`);
}

/** What could not be asked; undefined when everything could. */
export function unknownSection(items: readonly (readonly PageChild[])[]): PageNode | undefined {
  if (items.length === 0) return undefined;
  return h(
    'section',
    { class: 'not-asked', 'aria-labelledby': 'not-asked' },
    h('h2', { id: 'not-asked' }, 'Not known'),
    h('p', { class: 'aside' }, 'This could not be asked. There may be more differences.'),
    h('div', { class: 'note' }, h('ul', {}, ...items.map((item) => h('li', {}, ...item)))),
  );
}
