import { count, formatNumber } from '../../lib/text/words.ts';
import type { GateOutcome } from '../../model/enums.ts';
import { GATE_LABELS, SCAN_STATE_LABELS } from '../../model/labels.ts';
import type { ImageScan } from '../../model/scan-report.ts';
import { total } from '../../model/severity-counts.ts';
import { percent } from '../html-text.ts';
import { hasResult, type ScannedImage } from '../scanned-image.ts';
import { describeCounts } from '../severity.ts';
import { h, type PageChild, type PageNode } from './page-node.ts';
import { severityBar } from './severity-bar.ts';
import { type TableColumn, type TableOptions, table } from './table.ts';

/** The images, each with the result of its own scan. */
export function imagesSection(images: readonly ScannedImage[]): PageNode {
  const largest = Math.max(0, ...images.map(({ scan }) => total(scan.counts)));
  const caption = `${count(images.length, 'image')}, platform by platform`;
  return imageTable(images, { class: 'image-table', caption, columns: imageColumns(largest) });
}

/** A section with a table of images. */
export function imageTable<Image>(images: readonly Image[], options: Omit<TableOptions<Image>, 'id'>): PageNode {
  return h(
    'section',
    { class: 'images', 'aria-labelledby': 'images' },
    h('h2', { id: 'images' }, images.length === 1 ? 'Image' : 'Images'),
    table({ id: 'image-table', ...options }, images),
  );
}

function imageColumns(largest: number): TableColumn<ScannedImage>[] {
  return [
    {
      key: 'image',
      label: 'Image',
      heading: true,
      cell: ({ report, scan, artifact }) => [
        h('span', { class: 'id' }, artifact),
        otherTags(report.tags),
        h('span', { class: 'digest' }, scan.digest),
      ],
    },
    { key: 'platform', label: 'Platform', cell: ({ scan }) => scan.platform || NOT_KNOWN },
    {
      key: 'result',
      label: 'Scan',
      cell: ({ scan }) =>
        h(
          'span',
          { class: `state ${scan.state === 'clean' || scan.state === 'findings' ? scan.state : 'missing'}` },
          SCAN_STATE_LABELS[scan.state],
        ),
    },
    { key: 'tally', label: 'Findings', cell: ({ scan }) => (hasResult(scan) ? found(scan, largest) : NOT_KNOWN) },
    { key: 'fixable', label: 'With a fix', cell: ({ scan }) => (hasResult(scan) ? fixableShare(scan) : NOT_KNOWN) },
    { key: 'scanned', label: 'Scanned', cell: ({ scan }) => scanned(scan) },
  ];
}

const NOT_KNOWN = h('span', { class: 'absent' }, 'not known');

function found({ counts }: ImageScan, largest: number): PageChild[] {
  const findings = total(counts);
  if (findings === 0) return ['none'];
  return [
    h('span', { class: 'tally' }, `${formatNumber(findings)}: ${describeCounts(counts)}`),
    severityBar(counts, largest),
  ];
}

function fixableShare({ fixable, counts }: ImageScan): string {
  const findings = total(counts);
  return findings === 0 ? 'none' : `${formatNumber(fixable)} (${percent(fixable, findings)})`;
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

/** The verdict on an image as a word, with a color. */
export function gateState(outcome: GateOutcome): PageNode {
  const kind = outcome === 'passed' ? 'passed' : outcome === 'rejected' ? 'rejected' : 'missing';
  return h('span', { class: `state ${kind}` }, GATE_LABELS[outcome]);
}

/** `2026-11-23 06:57 UTC`; text that is not a time is unchanged. */
export function moment(iso: string): string {
  const [, day, time] = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})/.exec(iso) ?? [];
  return day === undefined ? iso : `${day} ${time} UTC`;
}
