import { escapeUnprintable } from '../../lib/text/sanitize.ts';
import { FINDING_SEVERITIES } from '../../model/enums.ts';
import type { Finding } from '../../model/scan-report.ts';
import type { FindingRow, RowGate } from './finding-rows.ts';

/** The data that all findings of a vulnerability share. It is written once, and referred to by its position. */
type Detail = readonly [description: string, links: readonly string[], score: number | null, cwes: readonly string[]];

type Row = readonly [
  id: string,
  severity: number,
  package_: string,
  version: string,
  fixVersion: string | 0,
  status: string | 0,
  images: readonly number[] | 0,
  detail: Detail | number,
  gate?: number,
];

const GATES: readonly RowGate[] = ['rejects', 'allowed'];

/** The data for the page's script. */
export interface PageData {
  readonly images: readonly string[];
  readonly rows: readonly FindingRow[];
}

/**
 * The findings as JSON for a `<script type="application/json">`, in pieces, without `<` and invisible characters.
 * {@link readPageData} reads it.
 */
export function* pageData(images: readonly string[], rows: readonly FindingRow[]): Generator<string> {
  yield `{"images":${embeddedJson(images.map(escapeUnprintable))},"rows":[`;
  const details = new Map<string, number>();
  for (const [index, { finding, images: found, gate }] of rows.entries()) {
    const known = details.get(finding.id);
    const described = known === undefined ? undefined : rows[known]?.finding;
    const detail = known !== undefined && described !== undefined && sameDetail(described, finding) ? known : undefined;
    if (detail === undefined) details.set(finding.id, index);
    const row: Row = [
      escapeUnprintable(finding.id),
      FINDING_SEVERITIES.indexOf(finding.severity),
      escapeUnprintable(finding.package),
      escapeUnprintable(finding.version),
      finding.fixVersion === undefined ? 0 : escapeUnprintable(finding.fixVersion),
      finding.status === undefined ? 0 : escapeUnprintable(finding.status),
      images.length === 1 ? 0 : found,
      detail ?? detailOf(finding),
    ];
    yield `${index === 0 ? '' : ',\n'}${embeddedJson(gate === undefined ? row : [...row, GATES.indexOf(gate)])}`;
  }
  yield ']}';
}

/** The data that {@link pageData} wrote. */
export function readPageData(text: string): PageData {
  const data: { images: string[]; rows: Row[] } = JSON.parse(text);
  const details: Detail[] = [];
  const rows = data.rows.map(
    ([id, severity, package_, version, fixVersion, status, images, detail, gate], index): FindingRow => {
      const found = typeof detail === 'number' ? details[detail] : detail;
      const [description, links, score, cwes] = found ?? ['', [], null, []];
      details[index] = [description, links, score, cwes];
      const finding: Finding = {
        id,
        severity: FINDING_SEVERITIES[severity] ?? 'unknown',
        package: package_,
        version,
        ...(fixVersion === 0 ? {} : { fixVersion }),
        ...(status === 0 ? {} : { status }),
        description,
        links,
        ...(score === null ? {} : { score }),
        cwes,
      };
      const said = gate === undefined ? undefined : GATES[gate];
      return { finding, images: images === 0 ? [0] : images, ...(said === undefined ? {} : { gate: said }) };
    },
  );
  return { images: data.images, rows };
}

function detailOf({ description, links, score, cwes }: Finding): Detail {
  return [escapeUnprintable(description), links.map(escapeUnprintable), score ?? null, cwes.map(escapeUnprintable)];
}

function sameDetail(a: Finding, b: Finding): boolean {
  return (
    a.description === b.description &&
    a.score === b.score &&
    a.links.join('\n') === b.links.join('\n') &&
    a.cwes.join('\n') === b.cwes.join('\n')
  );
}

function embeddedJson(value: unknown): string {
  return JSON.stringify(value).replace(/</g, '\\u003c');
}
