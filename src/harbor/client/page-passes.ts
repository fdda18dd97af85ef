/** One page of a list, as one moment had it. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** How long the whole list was, where the server says it. */
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

/** How often to read a list again that is not in order. */
const MOST_PASSES = 3;

/**
 * Yields every item that was in a list all the while, exactly once, although pages are counted by offset and others add to and
 * delete from the list between them. Items that came or went meanwhile may come or not.
 *
 * The list is in order of time, so what is added comes at the end, and what is deleted moves the rest towards the beginning:
 * an item's page can only go down. Two ways of reading are complete for that reason.
 *
 * - Between two looks at the last page, in any order. If its first row is the same both times, then nothing before it was
 *   deleted in between, and all pages before stood still.
 * - From the last page to the first, one after the other. An item that is at or before the page that is read first, and at or
 *   after the page that is read last, moving down only, is met on the way.
 *
 * The first is fast, and does for a list that nobody deletes from; the second follows when somebody did.
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
    onIncomplete?.('the server gives the same page whichever it is asked for');
    return;
  }
  for await (const { items } of inOrder(end.page - 1, read)) yield* fresh(items);
  // Also what was there at the first look: it may be on a page before by now, or gone.
  yield* fresh(end.items);
  // Two pages were read from the last to the first already.
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
  onIncomplete?.('the server does not sort the list as it was asked to, and the list changed each time it was read');
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
      // The first failure is thrown below. Nobody awaits the others then.
      reading.catch(() => {});
      ahead.push(reading);
    }
    const next = await ahead.shift();
    if (next !== undefined) yield next;
  }
}

interface End<Item> {
  /** A page that nothing was behind of when it was read; at least 2. */
  readonly page: number;
  readonly items: readonly Item[];
}

/** Finds the end of a list that is longer than a page: where its length says, and upwards when that was too little. */
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
    // Without this, a server that ignores the page number would be asked forever.
    if (row === undefined || (items[0] !== undefined && keyOf(row) === keyOf(items[0]))) break;
    page++;
    items = next.items;
  }
  return { page, items };
}

/** What the pages of a list show while they are read. */
interface Watch<Item> {
  look(page: Page<Item>): Page<Item>;
  /** All pages were in order of time. */
  ordered(): boolean;
  /** The server gave one length all the while, or none. */
  steady(): boolean;
  sameRow(one: Item | undefined, other: Item | undefined): boolean;
  /** Forgets the lengths. */
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
