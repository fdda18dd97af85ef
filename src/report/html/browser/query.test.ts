import { describe, expect, it } from 'vitest';
import { sampleFinding, withoutFix } from '../../sample.fixture.ts';
import type { FindingRow } from '../finding-rows.ts';
import { DEFAULT_QUERY, filterRows, formatQuery, parseQuery, type Query } from './query.ts';
import { sortRows } from './sort.ts';

describe('the query in the address', () => {
  it('is empty by default', () => {
    expect(formatQuery(DEFAULT_QUERY)).toBe('');
    expect(parseQuery('')).toEqual(DEFAULT_QUERY);
  });

  it('contains all choices', () => {
    const query: Query = {
      view: 'packages',
      severities: ['critical', 'low'],
      fixableOnly: true,
      text: 'a&b=c #ü',
      image: 2,
      sort: 'package',
      descending: true,
      page: 3,
    };
    expect(formatQuery(query)).toContain('severity=critical,low');
    expect(parseQuery(formatQuery(query))).toEqual(query);
    const worstLast = { ...DEFAULT_QUERY, descending: false };
    expect(parseQuery(formatQuery(worstLast))).toEqual(worstLast);
  });

  it('ignores invalid values', () => {
    expect(parseQuery('#view=x&severity=bad,high&image=-1&page=x&fixable=1&__proto__=1')).toEqual({
      ...DEFAULT_QUERY,
      severities: ['high'],
    });
  });
});

describe('the filter', () => {
  const rows: FindingRow[] = [
    { finding: sampleFinding({ id: 'CVE-1' }), images: [0] },
    { finding: withoutFix({ id: 'CVE-2', severity: 'low' }), images: [0, 1] },
    { finding: sampleFinding({ id: 'CVE-3', severity: 'high', package: 'OpenSSL' }), images: [1] },
  ];
  const textOf = ({ finding }: FindingRow) => `${finding.id} ${finding.package} ${finding.description}`.toLowerCase();
  const ids = (query: Partial<Query>) =>
    filterRows(rows, { ...DEFAULT_QUERY, ...query }, textOf).map(({ finding }) => finding.id);

  it.each<[string, Partial<Query>, string[]]>([
    ['nothing', {}, ['CVE-1', 'CVE-2', 'CVE-3']],
    ['severities', { severities: ['high', 'low'] }, ['CVE-2', 'CVE-3']],
    ['what has a fix', { fixableOnly: true }, ['CVE-1', 'CVE-3']],
    ['an image', { image: 1 }, ['CVE-2', 'CVE-3']],
    ['a word in any case', { text: 'openssl' }, ['CVE-3']],
    ['words, all of them, in any order', { text: ' tarballs  cve-2 ' }, ['CVE-2']],
    ['words that are nowhere', { text: 'cve-1 openssl' }, []],
    ['everything at once', { severities: ['high'], fixableOnly: true, image: 1, text: 'ssl' }, ['CVE-3']],
  ])('of %s', (_what, query, expected) => {
    expect(ids(query)).toEqual(expected);
  });
});

it('sorts numbers in text by value, and is stable', () => {
  const column = { key: 'id', label: '', value: ([id]: readonly [string, number]) => id, cell: () => '' };
  const rows = [
    ['CVE-2024-1000', 1],
    ['CVE-2024-999', 2],
    ['CVE-2024-999', 3],
    ['CVE-2023-20000', 4],
  ] as const;
  expect(sortRows(rows, column, false).map(([, n]) => n)).toEqual([4, 2, 3, 1]);
  expect(sortRows(rows, column, true).map(([, n]) => n)).toEqual([1, 2, 3, 4]);
});
