/** One page of a list, read at one moment. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** The length of the whole list, when the server reports it. */
  readonly total?: number;
}

export interface PagedList<Item> {
  /** Reads a page; 1 is the first. One past the end is empty. */
  readonly readPage: (page: number) => Promise<Page<Item>>;
  readonly pageSize: number;
  readonly keyOf: (item: Item) => string;
  readonly timeOf: (item: Item) => string;
  readonly onIncomplete?: ((reason: string) => void) | undefined;
}

/** How many pages to request at once: more did not make Harbor faster (measured). */
const READ_AHEAD = 4;

/** How often to read a changing list again, from its last page to its first. */
const MOST_PASSES = 3;

/**
 * Yields each item of a list exactly once while others add and delete items. Items that are added or deleted during the read
 * may be missing. Pages are counted by offset, so a deletion moves later items to earlier pages.
 *
 * The list is sorted by time: new items come at the end, and the page number of an item can only decrease. Therefore two ways
 * of reading are complete.
 *
 * - Read the last page, then the other pages in any order, then the last page again. When its first row is the same both
 *   times, nothing before it was deleted in between, and no item moved.
 * - Read from the last page to the first, one after the other. An item that only moves to earlier pages cannot be skipped.
 *
 * The first way is fast and suffices when no item is deleted. The second follows when one was.
 */
export async function* readAllPages<Item>(list: PagedList<Item>): AsyncGenerator<Item, void, void> {
  const { pageSize, onIncomplete } = list;
  const seen = new Set<string>();
  const watch = createWatch(list);
  const read = async (page: number): Promise<Page<Item>> => watch.look(await list.readPage(page));
  function* fresh(items: readonly Item[]): Generator<Item, void, void> {
    for (const item of items) {
      const key = list.keyOf(item);
      if (seen.has(key)) continue;
      seen.add(key);
      yield item;
    }
  }

  const first = await read(1);
  yield* fresh(first.items);
  if (first.items.length < pageSize) return;

  const end = await findEnd(read, list, first.total);
  if (watch.sameRow(first.items[0], end.items[0])) {
    onIncomplete?.('the server returns the same page for every page number');
    return;
  }
  for await (const { items } of inOrder(end.page - 1, read)) yield* fresh(items);
  // The items of the first read of the last page: by now they may be on an earlier page, or deleted.
  yield* fresh(end.items);
  // Two pages were already read from the last to the first.
  if (end.page === 2 && end.items.length < pageSize && watch.ordered()) return;
  const again = await read(end.page);
  yield* fresh(again.items);
  if (watch.ordered() && watch.sameRow(end.items[0], again.items[0])) return;

  for (let pass = 1; pass <= MOST_PASSES; pass++) {
    watch.restart();
    const before = seen.size;
    for (let page = end.page; page >= 1; page--) yield* fresh((await read(page)).items);
    if (watch.ordered() || (watch.steady() && seen.size === before)) return;
  }
  onIncomplete?.('the server does not sort the list as requested, and the list changed during each read');
}

/** Reads pages 1 to `last`, some at once, and yields them in order. */
async function* inOrder<Item>(
  last: number,
  read: (page: number) => Promise<Page<Item>>,
): AsyncGenerator<Page<Item>, void, void> {
  const ahead: Promise<Page<Item>>[] = [];
  for (let page = 1; page <= last || ahead.length > 0; ) {
    while (page <= last && ahead.length < READ_AHEAD) {
      const reading = read(page++);
      // The first failure is thrown below. Without this, later ones would be unhandled rejections.
      reading.catch(() => {});
      ahead.push(reading);
    }
    const next = await ahead.shift();
    if (next !== undefined) yield next;
  }
}

interface End<Item> {
  /** The last page when it was read; at least 2. */
  readonly page: number;
  readonly items: readonly Item[];
}

/** Finds the last page of a list of several pages. It starts at the reported length, which may be wrong. */
async function findEnd<Item>(
  read: (page: number) => Promise<Page<Item>>,
  { pageSize, keyOf }: PagedList<Item>,
  total: number | undefined,
): Promise<End<Item>> {
  let page = Math.max(2, Math.ceil((total ?? 0) / pageSize));
  let { items } = await read(page);
  if (items.length === 0 && page > 2) {
    // The reported length was wrong.
    page = 2;
    ({ items } = await read(page));
    while (items.length === pageSize) {
      page *= 2;
      ({ items } = await read(page));
    }
  }
  while (items.length === pageSize) {
    const next = await read(page + 1);
    const [row] = next.items;
    // Without this, reading from a server that ignores the page number would never end.
    if (row === undefined || (items[0] !== undefined && keyOf(row) === keyOf(items[0]))) break;
    page++;
    items = next.items;
  }
  return { page, items };
}

/** Observes the pages of a list while they are read. */
interface Watch<Item> {
  look(page: Page<Item>): Page<Item>;
  /** Whether all pages were sorted by time. */
  ordered(): boolean;
  /** Whether the reported length never changed. */
  steady(): boolean;
  sameRow(one: Item | undefined, other: Item | undefined): boolean;
  /** Forgets the reported lengths. */
  restart(): void;
}

function createWatch<Item>({ keyOf, timeOf }: PagedList<Item>): Watch<Item> {
  let ordered = true;
  const totals = new Set<number>();
  const isBefore = (one: Item, other: Item | undefined): boolean =>
    other !== undefined && Date.parse(timeOf(one)) < Date.parse(timeOf(other));
  return {
    look(page) {
      if (page.items.some((item, index) => isBefore(item, page.items[index - 1]))) ordered = false;
      if (page.total !== undefined) totals.add(page.total);
      return page;
    },
    ordered: () => ordered,
    steady: () => totals.size < 2,
    sameRow: (one, other) =>
      one !== undefined && other !== undefined && keyOf(one) === keyOf(other) && timeOf(one) === timeOf(other),
    restart: () => totals.clear(),
  };
}
