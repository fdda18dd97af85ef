import { formatNumber, joinWords } from '../../../lib/text/words.ts';
import { FINDING_SEVERITIES, type FindingSeverity } from '../../../model/enums.ts';
import { SEVERITY_LABELS } from '../../../model/labels.ts';
import type { SeverityCounts } from '../../../model/scan-report.ts';
import { total } from '../../../model/severity-counts.ts';
import type { RunImage } from '../../run-images.ts';
import { hasResult } from '../../scanned-image.ts';
import { countRows, type FindingRow, mergeFindings } from '../finding-rows.ts';
import { moment } from '../images-section.ts';
import { h, type PageNode } from '../page-node.ts';

/** The findings of each service by severity. A finding on several platforms counts once. */
export function runMatrix(images: readonly RunImage[], rows: readonly FindingRow[]): PageNode {
  const lines = images.filter(({ scanned }) => scanned.length > 0).map(matrixLine);
  const all = countRows(rows);
  const columns = FINDING_SEVERITIES.filter((severity) => all[severity] > 0);
  const evaluated = images.some(({ verdict }) => verdict !== undefined);
  return h(
    'section',
    { class: 'by-service', 'aria-labelledby': 'by-service' },
    h('h2', { id: 'by-service' }, 'Findings by service'),
    h('p', { class: 'about' }, provenance(images)),
    h(
      'table',
      { class: 'matrix' },
      h('caption', { class: 'heard' }, 'Findings by service and severity'),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, 'Service'),
          ...columns.map((severity) => h('th', { scope: 'col', class: 'number' }, SEVERITY_LABELS[severity])),
          h('th', { scope: 'col', class: 'number' }, 'All'),
          ...(evaluated
            ? [
                h('th', { scope: 'col', class: 'number gate' }, 'Reject'),
                h('th', { scope: 'col', class: 'number gate' }, 'Allowed'),
              ]
            : []),
        ),
      ),
      h('tbody', {}, ...lines.map((line) => matrixRow(line, columns, lines, evaluated))),
      lines.length > 1 ? h('tfoot', {}, totalRow(all, columns, evaluated)) : undefined,
    ),
  );
}

interface MatrixLine {
  readonly name: string;
  /** Undefined when no platform has a scan result. */
  readonly counts: SeverityCounts | undefined;
  /** Some platforms have no scan result. */
  readonly partial: boolean;
  readonly rejecting: number;
  readonly allowed: number;
}

function matrixLine({ name, scanned, verdict }: RunImage): MatrixLine {
  const known = scanned.filter(({ scan }) => hasResult(scan));
  return {
    name,
    counts: known.length === 0 ? undefined : countRows(mergeFindings(known.map(({ scan }) => scan))),
    partial: known.length < scanned.length,
    rejecting: verdict?.rejecting.length ?? 0,
    allowed: verdict?.allowed.length ?? 0,
  };
}

function matrixRow(
  { name, counts, partial, rejecting, allowed }: MatrixLine,
  columns: readonly FindingSeverity[],
  lines: readonly MatrixLine[],
  evaluated: boolean,
): PageNode {
  const heading = h(
    'th',
    { scope: 'row' },
    name,
    partial && counts !== undefined ? h('span', { class: 'aside' }, ' (not all platforms)') : undefined,
  );
  if (counts === undefined) {
    const width = columns.length + (evaluated ? 3 : 1);
    return h('tr', {}, heading, h('td', { class: 'nothing', colspan: String(width) }, 'not known'));
  }
  return h(
    'tr',
    {},
    heading,
    ...columns.map((severity) => {
      const largest = Math.max(...lines.map((line) => line.counts?.[severity] ?? 0));
      const value = counts[severity];
      const heat = value === 0 ? 'zero' : `heat ${severity} heat-${Math.ceil((value / largest) * 4)}`;
      return h('td', { class: `number ${heat}` }, formatNumber(value));
    }),
    h('td', { class: 'number' }, formatNumber(total(counts))),
    ...(evaluated ? [gateCell(rejecting, 'rejects'), gateCell(allowed, 'allows')] : []),
  );
}

function gateCell(value: number, kind: string): PageNode {
  return h('td', { class: `number gate ${value === 0 ? 'zero' : kind}` }, formatNumber(value));
}

function totalRow(counts: SeverityCounts, columns: readonly FindingSeverity[], evaluated: boolean): PageNode {
  return h(
    'tr',
    {},
    h('th', { scope: 'row' }, 'Each counted once'),
    ...columns.map((severity) => h('td', { class: 'number' }, formatNumber(counts[severity]))),
    h('td', { class: 'number' }, formatNumber(total(counts))),
    ...(evaluated ? [h('td', { class: 'gate' }), h('td', { class: 'gate' })] : []),
  );
}

function provenance(images: readonly RunImage[]): string {
  const scans = images.flatMap(({ scanned }) => scanned.map(({ scan }) => scan));
  const scanners = new Set(scans.flatMap(({ scanner }) => (scanner ? [`${scanner.name} ${scanner.version}`] : [])));
  const times = scans.flatMap(({ finished }) => (finished === undefined ? [] : [finished])).sort();
  const last = times.at(-1);
  return [
    scanners.size === 0 ? 'Scanned by the registry' : `Scanned by ${joinWords([...scanners])}`,
    last === undefined ? '' : `, last at ${moment(last)}`,
    '.',
  ].join('');
}
