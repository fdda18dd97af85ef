import { FINDING_SEVERITIES, type FindingSeverity } from '../../../model/enums.ts';
import type { FindingRow } from '../finding-rows.ts';

/** The view that the reader has chosen. The page's address holds it, so that a link shows the same view. */
export interface Query {
  readonly view: 'findings' | 'packages';
  /** Empty for every severity. */
  readonly severities: readonly FindingSeverity[];
  readonly fixableOnly: boolean;
  readonly text: string;
  /** Position of the one image to show; undefined for all. */
  readonly image: number | undefined;
  /** The key of a column. */
  readonly sort: string;
  readonly descending: boolean;
  /** From 0. */
  readonly page: number;
}

export const DEFAULT_QUERY: Query = {
  view: 'findings',
  severities: [],
  fixableOnly: false,
  text: '',
  image: undefined,
  sort: 'severity',
  descending: true,
  page: 0,
};

/** The query of an address's hash; what makes no sense there is left out. */
export function parseQuery(hash: string): Query {
  const values = new URLSearchParams(hash.replace(/^#/, ''));
  const chosen = (values.get('severity') ?? '').split(',');
  const sort = values.get('sort') ?? DEFAULT_QUERY.sort;
  const order = values.get('order');
  return {
    view: values.get('view') === 'packages' ? 'packages' : 'findings',
    severities: FINDING_SEVERITIES.filter((severity) => chosen.includes(severity)),
    fixableOnly: values.get('fixable') === 'yes',
    text: values.get('text') ?? '',
    image: wholeNumber(values.get('image')),
    sort,
    descending: order === null ? sort === DEFAULT_QUERY.sort : order === 'descending',
    page: Math.max(0, (wholeNumber(values.get('page')) ?? 1) - 1),
  };
}

/** The query as an address's hash, without what is as it is by default; empty when everything is. */
export function formatQuery(query: Query): string {
  const values = new URLSearchParams();
  if (query.view !== 'findings') values.set('view', query.view);
  if (query.severities.length > 0) values.set('severity', query.severities.join(','));
  if (query.fixableOnly) values.set('fixable', 'yes');
  if (query.text !== '') values.set('text', query.text);
  if (query.image !== undefined) values.set('image', String(query.image));
  if (query.sort !== DEFAULT_QUERY.sort || !query.descending) {
    values.set('sort', query.sort);
    values.set('order', query.descending ? 'descending' : 'ascending');
  }
  if (query.page > 0) values.set('page', String(query.page + 1));
  const text = values.toString().replaceAll('%2C', ',');
  return text === '' ? '' : `#${text}`;
}

/** Whether anything is left out of the table. */
export function isFiltered({ severities, fixableOnly, text, image }: Query): boolean {
  return severities.length > 0 || fixableOnly || text.trim() !== '' || image !== undefined;
}

/** The rows that the query asks for, in the order in which they are. Every word of its text has to be somewhere in a row. */
export function filterRows(
  rows: readonly FindingRow[],
  query: Query,
  textOf: (row: FindingRow) => string,
): FindingRow[] {
  const severities = new Set(query.severities);
  const matches = textFilter(query.text);
  return rows.filter((row) => {
    if (severities.size > 0 && !severities.has(row.finding.severity)) return false;
    if (query.fixableOnly && row.finding.fixVersion === undefined) return false;
    if (query.image !== undefined && !row.images.includes(query.image)) return false;
    return matches(() => textOf(row));
  });
}

/** Whether every word of a reader's text is somewhere in a text of small letters. */
export function textFilter(wanted: string): (textOf: () => string) => boolean {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return () => true;
  return (textOf) => {
    const text = textOf();
    return words.every((word) => text.includes(word));
  };
}

function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
