import type { Context } from 'hono';
import type { Harbor } from '../store/harbor.ts';
import { badRequest, invalid } from './errors.ts';

export type Value = string | number | readonly string[] | undefined;

/** How a list is filtered and sorted. */
export interface ListRules<T> {
  /** The keys for `q` and `sort`. Others are ignored, as in Harbor. */
  readonly keys: Readonly<Record<string, (item: T) => Value>>;
  /** In the form of `sort`: `-creation_time`. */
  readonly defaultSort: string;
}

/** Responds with a list, filtered by `q`, sorted by `sort` and paged by `page` and `page_size`. X-Total-Count has the total. */
export function listResponse<T>(
  c: Context,
  items: readonly T[],
  rules: ListRules<T>,
  show: (item: T) => unknown,
): Response {
  const { page, size } = readPage(c);
  const first = (Math.max(1, page) - 1) * size;
  const found = order(filter(items, c.req.query('q'), rules), c.req.query('sort') ?? rules.defaultSort, rules);
  const rows = size <= 0 ? found : found.slice(first, first + size);
  c.header('X-Total-Count', String(found.length));
  const link = size === 0 ? '' : linkHeader(c, { page, size, total: found.length });
  if (link !== '') c.header('Link', link);
  return json(c, rows.map(show));
}

/** A JSON response with Harbor's content type. */
export function json(c: Context, body: unknown, status: 200 | 201 = 200): Response {
  c.header('Content-Type', 'application/json');
  return c.body(JSON.stringify(body), status);
}

/** A text. Newer Harbors send it as a JSON string to a client that asks for JSON only. */
export function text(c: Context, harbor: Harbor, body: string): Response {
  const accept = c.req.header('Accept') ?? '*/*';
  if (harbor.rules.hasTextAsJson && !/text\/|\*\/\*/.test(accept)) return json(c, body);
  c.header('Content-Type', 'text/plain');
  return c.body(body);
}

/** A successful response without a body. */
export function empty(c: Context, status: 200 | 201 | 202, headers: Readonly<Record<string, string>> = {}): Response {
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
  c.header('Content-Length', '0');
  return c.body(null, status);
}

/** A `page` below 1 is the first. A `page_size` of 0 or less returns everything, and one over 100 is rejected. */
function readPage(c: Context): { page: number; size: number } {
  const page = readInteger(c, 'page', 1);
  const size = readInteger(c, 'page_size', 10);
  if (size > 100) throw invalid('page_size in query should be less than or equal to 100');
  return { page, size };
}

function readInteger(c: Context, name: string, fallback: number): number {
  const text = c.req.query(name);
  if (text === undefined || text === '') return fallback;
  if (!/^-?\d+$/.test(text)) throw invalid(`${name} in query must be of type int64: ${JSON.stringify(text)}`);
  return Number(text);
}

/** As Harbor, it uses numbers below 1 unchanged and does not escape the query. */
function linkHeader(c: Context, { page, size, total }: { page: number; size: number; total: number }): string {
  const links: string[] = [];
  const link = (to: number, rel: string) => {
    const query = new Map(Object.entries({ ...c.req.query(), page: String(to), page_size: String(size) }));
    const text = [...query].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}=${value}`);
    links.push(`<${new URL(c.req.url).pathname}?${text.join('&')}>; rel="${rel}"`);
  };
  if (page > 1 && (page - 1) * size <= total) link(page - 1, 'prev');
  if (page * size < total) link(page + 1, 'next');
  return links.join(' , ');
}

function order<T>(items: readonly T[], sort: string, { keys }: ListRules<T>): readonly T[] {
  const by = sort
    .split(',')
    .map((name) => ({ read: keys[name.replace(/^-/, '')], down: name.startsWith('-') }))
    .filter(({ read }) => read !== undefined);
  return items.toSorted((a, b) => {
    for (const { read, down } of by) {
      const difference = compare(read?.(a), read?.(b));
      if (difference !== 0) return down ? -difference : difference;
    }
    return 0;
  });
}

function compare(a: Value, b: Value): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [String(a), String(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Parses `q`. As in Harbor, it is decoded a second time: a `+` that was encoded once becomes a space. */
export function filterOf(
  q: string | undefined,
): readonly { readonly name: string; readonly fuzzy: boolean; readonly value: string }[] {
  const decoded = decodeURIComponent((q ?? '').replaceAll('+', ' ').replace(/%(?![0-9a-f]{2})/gi, '%25'));
  return (decoded === '' ? [] : decoded.split(',')).map((part) => {
    const [, name = '', fuzzy = '', value = ''] = /^([^=]+)=(~?)(.+)$/s.exec(part) ?? [];
    if (name === '') throw badRequest('the query string must contain "=" and the key/value cannot be empty');
    return { name, fuzzy: fuzzy === '~', value };
  });
}

function filter<T>(items: readonly T[], q: string | undefined, { keys }: ListRules<T>): readonly T[] {
  const tests = filterOf(q)
    .map(({ name, fuzzy, value }) => ({ read: keys[name], fuzzy, wanted: value }))
    .filter(({ read }) => read !== undefined);
  return items.filter((item) =>
    tests.every(({ read, fuzzy, wanted }) => {
      const value = read?.(item);
      const values = Array.isArray(value) ? value : value === undefined ? [] : [String(value)];
      if (wanted === 'nil') return values.length === 0;
      if (wanted === '*') return values.length > 0;
      return values.some((each) => (fuzzy ? each.includes(wanted) : each === wanted));
    }),
  );
}
