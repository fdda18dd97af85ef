import { daysUntil, describeExpiry, NOTICE_DAYS } from '../../../lib/text/expiry.ts';
import type { AuditedPackage } from '../../../model/audit.ts';
import { h, type PageChild, type PageNode } from '../page-node.ts';
import { type Column, sortableTable } from '../table.ts';

type Allowance = AuditedPackage['allowances'][number];

/** An entry that one or several packages have. */
interface AllowanceRow extends Allowance {
  readonly packages: readonly PageChild[];
}

export interface AllowancesOptions {
  readonly title: string;
  readonly now: Date;
  /** What names a package, on a page of several. */
  readonly nameOf?: (name: string) => PageNode;
}

/** The entries of the allow-lists, the next to expire first; undefined when there are none. */
export function allowancesSection(
  packages: readonly Pick<AuditedPackage, 'name' | 'allowances'>[],
  { title, now, nameOf }: AllowancesOptions,
): PageNode | undefined {
  const rows = merge(packages, nameOf);
  if (rows.length === 0) return undefined;
  const columns = columnsFor(now).filter(({ key }) => key !== 'packages' || nameOf !== undefined);
  return h(
    'section',
    { 'aria-labelledby': 'allowances' },
    h('h2', { id: 'allowances' }, title),
    sortableTable({ id: 'allowance-table', caption: `${title}, the next to expire first`, columns }, rows),
  );
}

function merge(
  packages: readonly Pick<AuditedPackage, 'name' | 'allowances'>[],
  nameOf: AllowancesOptions['nameOf'],
): AllowanceRow[] {
  const rows = new Map<string, Allowance & { readonly packages: PageChild[] }>();
  for (const { name, allowances } of packages) {
    for (const allowance of allowances) {
      const key = [allowance.id, allowance.until, allowance.reason].join('\0');
      const row = rows.get(key) ?? { ...allowance, packages: [] };
      if (row.packages.length > 0) row.packages.push(', ');
      row.packages.push(nameOf?.(name));
      rows.set(key, row);
    }
  }
  return [...rows.values()].sort((a, b) => (untilValue(a) < untilValue(b) ? -1 : 1));
}

/** What has no end comes after all that has one. */
function untilValue({ until = '9999' }: Allowance): string {
  return until;
}

function columnsFor(now: Date): Column<AllowanceRow>[] {
  return [
    {
      key: 'allowed',
      label: 'Vulnerability',
      heading: true,
      value: ({ id }) => id,
      cell: ({ id }) => h('span', { class: 'id' }, id),
    },
    { key: 'until', label: 'Until', value: untilValue, cell: (row) => untilCell(row, now) },
    {
      key: 'packages',
      label: 'Packages',
      value: ({ packages }) => packages.length,
      descending: true,
      cell: ({ packages }) => packages,
    },
    { key: 'why', label: 'Reason', value: ({ reason }) => reason, cell: ({ reason }) => reason },
  ];
}

function untilCell({ until }: Allowance, now: Date): PageChild[] {
  if (until === undefined) return [h('span', { class: 'absent' }, 'no end')];
  const isSoon = daysUntil(until, now) <= NOTICE_DAYS;
  return [until, ' ', h('span', { class: isSoon ? 'state missing' : 'aside' }, describeExpiry(until, now))];
}
