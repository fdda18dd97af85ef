import { count, shortDigest } from '../../lib/text/words.ts';
import type { ComparedFinding, ComparedPackage, ComparedService, ReleaseDiff } from '../../model/release-diff.ts';
import {
  findingsText,
  listHeading,
  reportText,
  serviceFindingsText,
  servicePackagesText,
  servicesText,
  shortCommit,
  sideText,
  sizeText,
} from '../diff-words.ts';
import { markdownTable, markdownText } from './markdown.ts';
import { list } from './verdict-markdown.ts';

/** How many rows a table has at most: a comment on GitHub has at most 65,536 characters. */
const MOST_ROWS = 50;

/** What differs between two releases, in GitHub Flavored Markdown, a line each: for a comment on a pull request. */
export function* diffMarkdown(diff: ReleaseDiff): Generator<string> {
  yield `### ${markdownText(`${diff.package}: release ${diff.from.number} → ${diff.to.number}`)}`;
  yield* list([
    `From: ${sideText(diff.from)}`,
    `To: ${sideText(diff.to)}`,
    `Services: ${servicesText(diff)}`,
    `Findings: ${findingsText(diff)}`,
  ]);
  const columns = COLUMNS.filter(({ cell }) => diff.services.some((service) => cell(service) !== ''));
  yield* markdownTable(
    columns.map(({ head }) => head),
    diff.services.map((service) => columns.map(({ cell }) => cell(service))),
  );
  yield* findingsTable(diff.findings.new, listHeading(diff.findings.new.length, 'new'), { open: true });
  yield* findingsTable(diff.findings.fixed, listHeading(diff.findings.fixed.length, 'fixed'));
  yield* findingsTable(diff.findings.remaining, listHeading(diff.findings.remaining.length, 'remaining'));
  yield* packagesTable(diff.packages);
  yield* list(diff.warnings);
}

const COLUMNS: readonly { readonly head: string; readonly cell: (service: ComparedService) => string }[] = [
  { head: 'Service', cell: ({ name }) => name },
  { head: 'Change', cell: ({ change, to }) => (change === 'unchanged' ? `unchanged since ${to?.since}` : change) },
  { head: 'Image', cell: ({ from, to }) => arrow(from && shortDigest(from.digest), to && shortDigest(to.digest)) },
  { head: 'Revision', cell: ({ from, to }) => arrow(commitOf(from), commitOf(to)) },
  { head: 'Findings', cell: serviceFindingsText },
  {
    head: 'Report',
    cell: ({ change, from, to }) => (change === 'removed' ? '' : arrow(from && reportText(from), to && reportText(to))),
  },
  { head: 'Packages', cell: (service) => servicePackagesText(service) ?? '' },
  { head: 'Size', cell: (service) => sizeText(service) ?? '' },
];

function commitOf(image: ComparedService['from']): string | undefined {
  return image?.revision === undefined ? undefined : shortCommit(image.revision);
}

function arrow(before: string | undefined, after: string | undefined): string {
  if (before === undefined || after === undefined || before === after) return after ?? before ?? '';
  return `${before} → ${after}`;
}

function* findingsTable(
  findings: readonly ComparedFinding[],
  heading: string,
  { open = false } = {},
): Generator<string> {
  yield* foldedTable(
    heading,
    ['Severity', 'ID', 'Package', 'Version', 'Fixed in', 'Services'],
    findings.map(({ severity, id, package: name, versions, fixVersions, services }) => [
      severity,
      id,
      name,
      versions.join(', '),
      fixVersions.join(', ') || '-',
      services.join(', '),
    ]),
    { open },
  );
}

function* packagesTable(packages: readonly ComparedPackage[]): Generator<string> {
  yield* foldedTable(
    count(packages.length, 'package differs', 'packages differ'),
    ['Package', 'Before', 'After', 'Services'],
    packages.map(({ name, from, to, services }) => [
      name,
      from.join(', ') || '-',
      to.join(', ') || '-',
      services.join(', '),
    ]),
  );
}

function* foldedTable(
  heading: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { open = false } = {},
): Generator<string> {
  if (rows.length === 0) return;
  yield '';
  yield `<details${open ? ' open' : ''}><summary>${heading}</summary>`;
  yield* markdownTable(head, rows.slice(0, MOST_ROWS));
  yield '';
  if (rows.length > MOST_ROWS) {
    yield `and ${rows.length - MOST_ROWS} more`;
    yield '';
  }
  yield '</details>';
}
