import { count, formatNumber } from '../../lib/text/words.ts';
import { SCAN_STATE_LABELS } from '../../model/labels.ts';
import { percent } from '../html-text.ts';
import { adviceFor } from '../scan-states.ts';
import { hasResult, type ScannedImage } from '../scanned-image.ts';
import { describeCounts } from '../severity.ts';
import { countRows, type FindingRow } from './finding-rows.ts';
import { h, type PageNode } from './page-node.ts';

/** The first section of the page: which images have no scan result, then what was found in the others. */
export function headlineSection(images: readonly ScannedImage[], rows: readonly FindingRow[]): PageNode {
  const missing = images.filter(({ scan }) => !hasResult(scan));
  const scanned = images.length - missing.length;
  const isEmpty = scanned > 0 && images.every(({ scan }) => !hasResult(scan) || scan.state === 'empty');
  const kind = missing.length > 0 || images.length === 0 || isEmpty ? 'unknown' : rows.length > 0 ? 'found' : 'clean';
  return h(
    'section',
    { class: `verdict ${kind}`, 'aria-labelledby': 'verdict' },
    h(
      'h2',
      { id: 'verdict' },
      isEmpty && missing.length === 0 ? 'Nothing to examine' : title(images.length, missing.length, rows),
    ),
    ...(scanned > 0 && !isEmpty ? [h('p', {}, known(scanned, missing.length, rows))] : []),
    ...emptyNote(images),
    missingList(missing),
  );
}

function title(images: number, missing: number, rows: readonly FindingRow[]): string {
  if (images === 0) return 'No result: this report is about no image';
  if (missing === images)
    return images === 1 ? 'No scan result' : `No scan result for any of ${count(images, 'image')}`;
  if (missing > 0) return `${missing} of ${count(images, 'image')} ${missing === 1 ? 'has' : 'have'} no scan result`;
  if (rows.length === 0) return 'No known vulnerability';
  const { critical, high, ...rest } = countRows(rows);
  const found = count(rows.length, 'finding');
  if (critical + high === 0) return `${found}, none of them critical or high`;
  const worst = describeCounts({ critical, high, ...rest, medium: 0, low: 0, negligible: 0, unknown: 0 });
  return rows.length === critical + high ? `${found}: ${worst}` : `${found}, ${worst}`;
}

function known(scanned: number, missing: number, rows: readonly FindingRow[]): string {
  const where =
    missing > 0 ? `In the ${scanned === 1 ? 'other one' : `other ${formatNumber(scanned)}`}` : whole(scanned);
  if (rows.length === 0) return `${where} no known vulnerability was found.`;
  const fixable = rows.filter(({ finding }) => finding.fixVersion !== undefined).length;
  const withFix =
    fixable === 0 ? 'none has a fix yet' : `${formatNumber(fixable)} (${percent(fixable, rows.length)}) have a fix`;
  return `${where}: ${describeCounts(countRows(rows))}. Of these, ${withFix}.`;
}

function whole(scanned: number): string {
  return scanned === 1 ? 'In the one image that was scanned' : `In all ${count(scanned, 'image')}`;
}

/** Without packages, no finding says nothing. */
function emptyNote(images: readonly ScannedImage[]): PageNode[] {
  const empty = images.filter(({ scan }) => scan.state === 'empty');
  if (empty.length === 0) return [];
  return [h('p', {}, `The scanner found no packages in ${empty.map(({ name }) => name).join(', ')}.`)];
}

function missingList(missing: readonly ScannedImage[]): PageNode | undefined {
  if (missing.length === 0) return undefined;
  return h(
    'ul',
    { class: 'missing' },
    missing.map(({ name, scan }) => {
      const reason = scan.reason === undefined ? '' : ` (${scan.reason})`;
      return h(
        'li',
        {},
        h('strong', {}, SCAN_STATE_LABELS[scan.state]),
        ': ',
        h('span', { class: 'id' }, name),
        `${reason}. ${adviceFor(scan.state)}`,
      );
    }),
  );
}
