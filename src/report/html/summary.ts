import { count, formatNumber } from '../../lib/text/words.ts';
import { FINDING_SEVERITIES } from '../../model/enums.ts';
import { SEVERITY_LABELS } from '../../model/labels.ts';
import { noCounts, total } from '../../model/severity-counts.ts';
import { percent } from '../html-text.ts';
import { severityRank } from '../severity.ts';
import { countRows, type FindingRow } from './finding-rows.ts';
import type { PackageGroup } from './package-groups.ts';
import { h, type PageNode } from './page-node.ts';
import { bar } from './severity-bar.ts';
import { severityName } from './severity-name.ts';

/** The summary: findings by severity, the share with a fix, and the upgrades that fix most. */
export function summary(rows: readonly FindingRow[], groups: readonly PackageGroup[]): PageNode {
  return h(
    'section',
    { class: 'summary', 'aria-labelledby': 'summary' },
    h('h2', { id: 'summary' }, 'Summary'),
    h('div', { class: 'columns' }, bySeverity(rows), upgrades(groups)),
  );
}

function bySeverity(rows: readonly FindingRow[]): PageNode {
  const counts = countRows(rows);
  const fixable = noCounts();
  for (const { finding } of rows) if (finding.fixVersion !== undefined) fixable[finding.severity]++;
  const largest = Math.max(...FINDING_SEVERITIES.map((severity) => counts[severity]));
  const fixed = total(fixable);
  return h(
    'div',
    { class: 'chart' },
    h(
      'table',
      {},
      h('caption', {}, 'Findings by severity'),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, 'Severity'),
          h(
            'td',
            { class: 'legend' },
            h('span', { class: 'key solid' }, 'has a fix'),
            h('span', { class: 'key faint' }, 'no fix yet'),
          ),
          h('th', { scope: 'col', class: 'number' }, 'Findings'),
          h('th', { scope: 'col', class: 'number' }, 'With a fix'),
        ),
      ),
      h(
        'tbody',
        {},
        FINDING_SEVERITIES.map((severity) => {
          const all = counts[severity];
          const fixed = fixable[severity];
          const label = `${SEVERITY_LABELS[severity]}: ${formatNumber(all)}, ${formatNumber(fixed)} with a fix`;
          const parts = [
            { class: `fill ${severity}`, value: fixed },
            { class: `fill ${severity} faint`, value: all - fixed },
          ];
          return h(
            'tr',
            {},
            h('th', { scope: 'row' }, severityName(severity)),
            h('td', { class: 'drawing' }, bar(parts, largest, label)),
            h('td', { class: 'number' }, formatNumber(all)),
            h('td', { class: 'number' }, formatNumber(fixed)),
          );
        }),
      ),
    ),
    h(
      'p',
      { class: 'fixable' },
      h('strong', {}, percent(fixed, rows.length)),
      ` can be fixed today: ${formatNumber(fixed)} of ${count(rows.length, 'finding')} have a fix.`,
    ),
  );
}

const SHOWN_UPGRADES = 6;

function upgrades(groups: readonly PackageGroup[]): PageNode {
  const upgrades = groups.filter(({ fixable }) => fixable > 0).sort(byUrgency);
  return h(
    'div',
    { class: 'upgrades' },
    h('h3', {}, 'What to upgrade first'),
    upgrades.length === 0
      ? h('p', {}, 'No finding has a fix yet.')
      : h('ol', {}, ...upgrades.slice(0, SHOWN_UPGRADES).map(upgrade)),
    upgrades.length > SHOWN_UPGRADES
      ? h(
          'p',
          { class: 'aside' },
          `${count(upgrades.length - SHOWN_UPGRADES, 'more package')} with a fix: see the view by package.`,
        )
      : undefined,
  );
}

function upgrade({ package: name, version, fixes, fixable, worstFixable }: PackageGroup): PageNode {
  const others = fixes.length > 1 ? ` or ${count(fixes.length - 1, 'other version')}` : '';
  return h(
    'li',
    {},
    h('span', { class: 'id' }, name),
    h(
      'span',
      { class: 'fixes' },
      `fixes ${formatNumber(fixable)}, worst: `,
      worstFixable === undefined ? undefined : severityName(worstFixable),
    ),
    h('span', { class: 'versions' }, `${version} → ${fixes[0]?.version ?? ''}${others}`),
  );
}

// Sorted by the worst finding with a fix. The groups are in the order of all findings.
function byUrgency(a: PackageGroup, b: PackageGroup): number {
  return severityRank(a.worstFixable ?? 'unknown') - severityRank(b.worstFixable ?? 'unknown') || b.fixable - a.fixable;
}
