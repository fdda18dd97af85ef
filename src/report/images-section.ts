import { severityBar } from './bar.ts';
import { h, type PageChild, type PageNode } from './node.ts';
import { hasResult, type ScannedImage } from './scanned-image.ts';
import { describeCounts, total } from './severity.ts';
import { count, formatNumber, percent } from './text.ts';
import { stateName } from './verdict.ts';

/** The images that were looked at, each with what its own scan says. */
export function imagesSection(images: readonly ScannedImage[]): PageNode {
  const largest = Math.max(0, ...images.map(({ scan }) => total(scan.counts)));
  return h(
    'section',
    { class: 'images', 'aria-labelledby': 'images' },
    h('h2', { id: 'images' }, images.length === 1 ? 'Image' : 'Images'),
    h(
      'div',
      { class: 'scroll', role: 'region', 'aria-labelledby': 'images', tabindex: '0' },
      h(
        'table',
        { class: 'image-table' },
        h('caption', {}, `${count(images.length, 'image')}, platform by platform`),
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            ...['Image', 'Platform', 'Result', 'Findings', 'With a fix', 'Scanned'].map((label) =>
              h('th', { scope: 'col' }, label),
            ),
          ),
        ),
        h('tbody', {}, ...images.map((image) => imageRow(image, largest))),
      ),
    ),
  );
}

function imageRow({ report, scan, artifact }: ScannedImage, largest: number): PageNode {
  const found = total(scan.counts);
  const known = hasResult(scan);
  return h(
    'tr',
    {},
    h(
      'th',
      { scope: 'row' },
      h('span', { class: 'id' }, artifact),
      otherTags(report.tags),
      h('span', { class: 'digest' }, scan.digest),
    ),
    h('td', {}, scan.platform || 'not known'),
    h('td', {}, h('span', { class: `state ${known ? scan.state : 'missing'}` }, stateName(scan.state))),
    h(
      'td',
      { class: 'drawing' },
      ...(known
        ? [
            h(
              'span',
              { class: 'tally' },
              found === 0 ? 'none' : `${formatNumber(found)}: ${describeCounts(scan.counts)}`,
            ),
            found > 0 ? severityBar(scan.counts, largest) : undefined,
          ]
        : [h('span', { class: 'absent' }, 'not known')]),
    ),
    h('td', {}, known ? fixableShare(scan.fixable, found) : h('span', { class: 'absent' }, 'not known')),
    h('td', {}, ...scanned(scan)),
  );
}

function fixableShare(fixable: number, found: number): string {
  return found === 0 ? 'none' : `${formatNumber(fixable)} (${percent(fixable, found)})`;
}

function otherTags([, ...more]: readonly string[]): PageChild {
  return more.length === 0 ? undefined : h('span', { class: 'aside' }, ` also ${more.join(', ')}`);
}

function scanned({ finished, scanner }: ScannedImage['scan']): PageChild[] {
  if (finished === undefined && scanner === undefined) return [h('span', { class: 'absent' }, 'no')];
  return [
    finished === undefined ? undefined : h('time', { datetime: finished }, moment(finished)),
    scanner === undefined ? undefined : h('span', { class: 'scanner' }, `${scanner.name} ${scanner.version}`),
  ];
}

/** `2026-11-23 06:57 UTC`; what is no time is shown as it is. */
export function moment(iso: string): string {
  const [, day, time] = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})/.exec(iso) ?? [];
  return day === undefined ? iso : `${day} ${time} UTC`;
}
