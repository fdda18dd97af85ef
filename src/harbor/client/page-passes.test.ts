import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { collect } from '../../../test/harness/harbor-client.ts';
import { type Page, type PagedList, readAllPages } from './page-passes.ts';

interface Row {
  readonly name: string;
  readonly created: string;
}

/** A list that other clients change. It is sorted by time. */
class ChangingList {
  rows: Row[] = [];
  #added = 0;

  add(): void {
    const number = this.#added++;
    this.rows.push({ name: `r${number}`, created: new Date(number * 1000).toISOString() });
  }

  remove(index: number): void {
    if (this.rows.length > 0) this.rows.splice(index % this.rows.length, 1);
  }

  page(page: number, pageSize: number): Row[] {
    return this.rows.slice((page - 1) * pageSize, page * pageSize);
  }

  names(): string[] {
    return this.rows.map(({ name }) => name);
  }
}

const byName = { keyOf: ({ name }: Row) => name, timeOf: ({ created }: Row) => created };

function filled(size: number): ChangingList {
  const list = new ChangingList();
  for (let i = 0; i < size; i++) list.add();
  return list;
}

/** The list length that a server reports: correct, none, too high or too low. */
const hints = { right: (n: number) => n, none: () => undefined, high: (n: number) => n * 9 + 40, low: () => 3 };

const change = fc.oneof(
  { weight: 2, arbitrary: fc.nat(200).map((index) => (list: ChangingList) => list.remove(index)) },
  { weight: 1, arbitrary: fc.constant((list: ChangingList) => list.add()) },
  // This change keeps the length.
  {
    weight: 2,
    arbitrary: fc.nat(200).map((index) => (list: ChangingList) => {
      list.remove(index);
      list.add();
    }),
  },
);

describe('a list that changes while it is read', () => {
  test('yields each item that stays in the list exactly once, for any order of reads and changes', async () => {
    const run = fc.asyncProperty(
      fc.scheduler(),
      fc.nat(45),
      fc.integer({ min: 2, max: 6 }),
      fc.array(change, { maxLength: 25 }),
      fc.constantFrom(...Object.values(hints)),
      async (scheduler, size, pageSize, changes, hint) => {
        const list = filled(size);
        let throughout = new Set(list.names());
        let reads = 0;
        const complaints: string[] = [];
        for (const apply of changes) {
          scheduler.schedule(Promise.resolve(apply)).then((todo) => {
            todo(list);
            throughout = new Set(list.names().filter((name) => throughout.has(name)));
          });
        }
        const readPage = async (page: number): Promise<Page<Row>> => {
          reads++;
          // The list may change before the server reads it, and again before the response arrives.
          await scheduler.schedule(Promise.resolve());
          const total = hint(list.rows.length);
          const items = list.page(page, pageSize);
          await scheduler.schedule(Promise.resolve());
          return { items, ...(total === undefined ? {} : { total }) };
        };
        const onIncomplete = (reason: string) => complaints.push(reason);
        const reading = collect(readAllPages({ readPage, pageSize, ...byName, onIncomplete }));
        const names = (await scheduler.waitFor(reading)).map(({ name }) => name);

        expect(new Set(names).size).toBe(names.length);
        expect(names).toEqual(expect.arrayContaining([...throughout]));
        expect(complaints).toEqual([]);
        expect(reads).toBeLessThanOrEqual(4 * Math.ceil((size + changes.length) / pageSize) + 12);
      },
    );
    await fc.assert(run, { numRuns: 1_000 });
  });

  test('yields each item that stays in the list exactly once when it changes before each read', async () => {
    const run = fc.asyncProperty(
      fc.integer({ min: 6, max: 24 }),
      fc.integer({ min: 2, max: 4 }),
      fc.array(fc.array(change, { maxLength: 2 }), { minLength: 10, maxLength: 40 }),
      fc.constantFrom(...Object.values(hints)),
      async (size, pageSize, changes, hint) => {
        const list = filled(size);
        let throughout = new Set(list.names());
        let reads = 0;
        const readPage = async (page: number): Promise<Page<Row>> => {
          for (const apply of changes[reads++] ?? []) apply(list);
          throughout = new Set(list.names().filter((name) => throughout.has(name)));
          const total = hint(list.rows.length);
          return { items: list.page(page, pageSize), ...(total === undefined ? {} : { total }) };
        };
        const names = (await collect(readAllPages({ readPage, pageSize, ...byName }))).map(({ name }) => name);
        expect(new Set(names).size).toBe(names.length);
        expect(names).toEqual(expect.arrayContaining([...throughout]));
      },
    );
    await fc.assert(run, { numRuns: 3_000 });
  });
});

/** Reads a list and changes it after each read. `seen` are the requested pages. */
async function readWhile(list: ChangingList, options: Partial<PagedList<Row>> & { after?: (read: number) => void }) {
  const seen: number[] = [];
  const complaints: string[] = [];
  const { after, ...rest } = options;
  const readPage = async (page: number): Promise<Page<Row>> => {
    seen.push(page);
    const response = { items: list.page(page, 10), total: list.rows.length };
    after?.(seen.length);
    return response;
  };
  const onIncomplete = (reason: string) => complaints.push(reason);
  const rows = await collect(readAllPages({ readPage, pageSize: 10, ...byName, onIncomplete, ...rest }));
  return { seen, complaints, names: rows.map(({ name }) => name) };
}

describe('the requested pages', () => {
  test.each([
    [0, [1]],
    [9, [1]],
    // The page is full: there may be another one.
    [10, [1, 2, 1]],
    [19, [1, 2, 1]],
    [20, [1, 2, 3, 1, 2]],
    [45, [1, 5, 1, 2, 3, 4, 5]],
    // The last page is full: there may be another one.
    [40, [1, 4, 5, 1, 2, 3, 4]],
  ])('%i rows in pages of 10', async (size, pages) => {
    const list = filled(size);
    const { seen, names } = await readWhile(list, {});
    expect(names).toEqual(list.names());
    expect(seen).toEqual(pages);
  });

  test('are read again from the last to the first when an item is deleted', async () => {
    const list = filled(45);
    const { seen, names } = await readWhile(list, { after: (read) => read === 4 && list.remove(0) });
    expect(seen).toEqual([1, 5, 1, 2, 3, 4, 5, 5, 4, 3, 2, 1]);
    expect(new Set(names).size).toBe(45);
  });

  test('are not read again when items are only added', async () => {
    const list = filled(45);
    const { seen } = await readWhile(list, { after: () => list.add() });
    expect(seen).toEqual([1, 5, 1, 2, 3, 4, 5]);
  });

  test('include a row that moves to an earlier page during the search for the last page', async () => {
    const list = filled(21);
    let reads = 0;
    const readPage = async (page: number): Promise<Page<Row>> => {
      // Page 2 was read and was full. Now the row of page 3 moves to it.
      if (++reads === 3) list.remove(15);
      return { items: list.page(page, 10), total: 3 };
    };
    const { names } = await readWhile(list, { readPage });
    expect(names).toContain('r20');
  });

  test('are yielded before the next ones are read', async () => {
    const list = filled(45);
    const requested: number[] = [];
    const readPage = async (page: number) => {
      requested.push(page);
      return { items: list.page(page, 10), total: 45 };
    };
    const rows = readAllPages({ readPage, pageSize: 10, ...byName });
    await rows.next();
    expect(requested).toEqual([1]);
  });
});

describe('a server that does not sort', () => {
  const newestFirst = (list: ChangingList) => ({
    readPage: async (page: number) => ({
      items: [...list.rows].reverse().slice((page - 1) * 10, page * 10),
      total: list.rows.length,
    }),
  });

  test('is read until no new items come', async () => {
    const list = filled(45);
    const { names, complaints } = await readWhile(list, newestFirst(list));
    expect(names.sort()).toEqual(list.names().sort());
    expect(complaints).toEqual([]);
  });

  test('gives an incomplete list after three passes when it changes all the time', async () => {
    const list = filled(45);
    let reads = 0;
    const { readPage } = newestFirst(list);
    const { complaints } = await readWhile(list, {
      readPage: async (page) => {
        reads++;
        const response = await readPage(page);
        list.add();
        return response;
      },
    });
    expect(complaints).toHaveLength(1);
    expect(reads).toBeLessThan(40);
  });
});

test('stops reading a server that returns the same page for every page number', async () => {
  const list = filled(10);
  const readPage = async () => ({ items: list.page(1, 10), total: 10 });
  const { names, complaints } = await readWhile(list, { readPage });
  expect(names).toHaveLength(10);
  expect(complaints).toHaveLength(1);
});
