import * as z from 'zod';
import type { HarborApi } from './api.ts';
import { type Page, readAllPages } from './page-passes.ts';
import type { CallOptions, HarborRequest } from './request.ts';

export interface ListOptions extends CallOptions {
  /**
   * Called at most once, before the end, when the list kept changing in a way that leaves it open whether all was seen.
   * It cannot happen with a Harbor that sorts as it is asked to.
   */
  readonly onIncomplete?: ((reason: string) => void) | undefined;
}

/** A list of Harbor's: how to ask for it, and what a row is. */
export interface HarborList<Row, Item> extends HarborRequest {
  readonly item: z.ZodType<Row>;
  readonly map: (row: Row) => Item;
  /** What it is known by: of several with the same key the first comes. */
  readonly keyOf: (item: Item) => string;
  /** What the list is sorted by. */
  readonly timeOf: (item: Item) => string;
}

/** Harbor's maximum; 101 is an error, and 0 returns everything at once (measured). */
const PAGE_SIZE = 100;

/** Reads a list of Harbor's to its end, while others change it. */
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
