import * as z from 'zod';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { HarborApi } from './harbor-api.ts';
import { type Page, readAllPages } from './page-passes.ts';
import type { HarborRequest } from './request.ts';

export interface ListOptions extends RequestOptions {
  /**
   * Called at most once, before the end, when items may be missing because the list kept changing. This cannot happen
   * when Harbor sorts the list as requested.
   */
  readonly onIncomplete?: ((reason: string) => void) | undefined;
}

/** A list in Harbor's API: its request and the shape of a row. */
export interface HarborList<Row, Item> extends HarborRequest {
  readonly item: z.ZodType<Row>;
  readonly map: (row: Row) => Item;
  /** The key of an item. Of several items with the same key only the first is yielded. */
  readonly keyOf: (item: Item) => string;
  /** The time by which the list is sorted. */
  readonly timeOf: (item: Item) => string;
}

/** Harbor's maximum; 101 is an error, and 0 returns everything at once (measured). */
const PAGE_SIZE = 100;

/** Reads all pages of a list, also while others change it. */
export async function* listPages<Row, Item>(
  api: HarborApi,
  { item, map, keyOf, timeOf, ...call }: HarborList<Row, Item>,
  { onIncomplete, signal, timeoutMs }: ListOptions = {},
): AsyncGenerator<Item, void, void> {
  const rows = z.array(item);
  // Ends pending requests when the caller leaves early.
  const leaving = new AbortController();
  const options = {
    timeoutMs,
    signal: signal === undefined ? leaving.signal : AbortSignal.any([signal, leaving.signal]),
  };
  const readPage = async (page: number): Promise<Page<Item>> => {
    const response = await api.request({ ...call, query: { ...call.query, page, page_size: PAGE_SIZE } }, options);
    const total = response.headers['x-total-count'];
    return {
      items: response.read(rows).map(map),
      ...(total !== undefined && /^\d+$/.test(total) ? { total: Number(total) } : {}),
    };
  };
  try {
    yield* readAllPages({ readPage, pageSize: PAGE_SIZE, keyOf, timeOf, onIncomplete });
  } finally {
    leaving.abort();
  }
}
