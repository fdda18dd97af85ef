import { count, formatNumber } from '../../lib/text/words.ts';
import { FINDING_SEVERITIES } from '../../model/enums.ts';
import { findingColumns, isGated } from './finding-columns.ts';
import { countRows, type FindingRow } from './finding-rows.ts';
import { packageColumns } from './package-columns.ts';
import type { PackageGroup } from './package-groups.ts';
import { h, type PageChild, type PageNode } from './page-node.ts';
import { severityName } from './severity-name.ts';
import { table } from './table.ts';

/** The number of rows of each table that the page contains as HTML, for readers without JavaScript. */
const STATIC_ROWS = 500;

/** Both tables and their filters. Without JavaScript they are two plain tables, one below the other. */
export function findingsSection(
  images: readonly string[],
  rows: readonly FindingRow[],
  groups: readonly PackageGroup[],
): PageNode {
  return h(
    'section',
    { class: 'findings', id: 'findings', 'aria-labelledby': 'findings-title', tabindex: '-1' },
    h('h2', { id: 'findings-title' }, 'Findings'),
    controls(images, rows, groups),
    h('p', { id: 'shown', class: 'needs-script', role: 'status', 'aria-live': 'polite' }, ''),
    h(
      'div',
      { class: 'view', id: 'view-findings' },
      cutNote(rows.length, 'finding', 'worst'),
      table(
        { id: 'finding-table', caption: 'Findings, worst first', columns: findingColumns(images, isGated(rows)) },
        rows.slice(0, STATIC_ROWS),
      ),
    ),
    h(
      'div',
      { class: 'view', id: 'view-packages' },
      cutNote(groups.length, 'package', 'worst'),
      table(
        { id: 'package-table', caption: 'Packages with findings, worst first', columns: packageColumns(images) },
        groups.slice(0, STATIC_ROWS),
      ),
    ),
    h('nav', { id: 'pager', class: 'needs-script', 'aria-label': 'Pages of the table' }),
  );
}

function cutNote(rows: number, noun: string, which: string): PageNode | undefined {
  if (rows <= STATIC_ROWS) return undefined;
  return h(
    'p',
    { class: 'cut' },
    `These are the ${which} ${formatNumber(STATIC_ROWS)} of ${count(rows, noun)}: the others are shown with JavaScript only.`,
  );
}

function controls(images: readonly string[], rows: readonly FindingRow[], groups: readonly PackageGroup[]): PageNode {
  const counts = countRows(rows);
  const present = FINDING_SEVERITIES.filter((severity) => counts[severity] > 0);
  return h(
    'div',
    { id: 'controls', class: 'needs-script', role: 'search', 'aria-label': 'Filter the findings' },
    h(
      'fieldset',
      { class: 'switch' },
      h('legend', {}, 'View'),
      choice('radio', 'view', 'findings', [`Findings (${formatNumber(rows.length)})`], true),
      choice('radio', 'view', 'packages', [`By package (${formatNumber(groups.length)})`]),
    ),
    h(
      'fieldset',
      { class: 'severities' },
      h('legend', {}, 'Severity'),
      ...present.map((severity) =>
        choice('checkbox', 'severity', severity, [severityName(severity), ` (${formatNumber(counts[severity])})`]),
      ),
    ),
    field(
      'Search',
      'text',
      h('input', {
        type: 'search',
        id: 'text',
        autocomplete: 'off',
        spellcheck: 'false',
        placeholder: 'CVE, package, version, words of the description',
      }),
    ),
    images.length > 1
      ? field(
          'Image',
          'image',
          h(
            'select',
            { id: 'image' },
            h('option', { value: '' }, `All ${count(images.length, 'image')}`),
            ...images.map((name, index) => h('option', { value: String(index) }, name)),
          ),
        )
      : undefined,
    h(
      'div',
      { class: 'last' },
      choice('checkbox', 'fixable', 'yes', ['Only with a fix']),
      h('button', { type: 'button', id: 'reset' }, 'Clear filters'),
    ),
  );
}

/** A filter with its label. The script finds it by its id. */
export function field(label: string, id: string, input: PageNode): PageNode {
  return h('div', { class: `field field-${id}` }, h('label', { for: id }, label), input);
}

/** A choice of a filter with its label. The script finds it by its name. */
export function choice(
  type: 'radio' | 'checkbox',
  name: string,
  value: string,
  text: PageChild[],
  checked = false,
): PageNode {
  return h(
    'label',
    { class: 'choice' },
    h('input', { type, name, value, checked: checked ? '' : undefined }),
    h('span', {}, ...text),
  );
}
