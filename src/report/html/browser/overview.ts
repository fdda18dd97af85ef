import { count } from '../../../lib/text/words.ts';
import { dataTable, type SortColumn } from './data-table.ts';
import { textFilter } from './query.ts';

/** What the reader has chosen of the table with filters. The page's address holds it, so that a link shows the same rows. */
interface RowQuery {
  /** A row has one of them; empty for every row. */
  readonly marks: readonly string[];
  readonly text: string;
  /** The key of a column; empty for the order of the page. */
  readonly sort: string;
  readonly descending: boolean;
}

function readQuery(): RowQuery {
  const values = new URLSearchParams(location.hash.slice(1));
  return {
    marks: (values.get('show') ?? '').split(',').filter(Boolean),
    text: values.get('text') ?? '',
    sort: values.get('sort') ?? '',
    descending: values.get('order') === 'descending',
  };
}

function writeQuery({ marks, text, sort, descending }: RowQuery): void {
  const values = new URLSearchParams();
  if (marks.length > 0) values.set('show', marks.join(','));
  if (text !== '') values.set('text', text);
  if (sort !== '') {
    values.set('sort', sort);
    values.set('order', descending ? 'descending' : 'ascending');
  }
  const hash = values.toString().replaceAll('%2C', ',');
  history.replaceState(null, '', hash === '' ? location.pathname + location.search : `#${hash}`);
}

/** Takes over a table whose rows are all in the page. */
function sortable(element: HTMLTableElement, onSort: (key: string, descending: boolean) => void) {
  const rows = [...(element.tBodies[0]?.rows ?? [])];
  const columns = [...element.querySelectorAll<HTMLElement>('th[data-key]')].map(
    ({ dataset: { key = '', first } }): SortColumn<HTMLTableRowElement> => ({
      key,
      descending: first === 'descending',
      value: (row) => row.querySelector<HTMLElement>(`.cell-${key}`)?.dataset.value ?? '',
    }),
  );
  const table = dataTable(element, columns, onSort, (row) => row);
  return {
    rows,
    show(shown: readonly HTMLTableRowElement[], key: string, descending: boolean) {
      const isSorted = columns.some((column) => column.key === key);
      table.show(isSorted ? table.sort(shown, key, descending) : shown, key, descending);
    },
  };
}

/** A table without filters: its order is in no address. */
function plainTable(element: HTMLTableElement): void {
  let sorted = { key: '', descending: false };
  const table = sortable(element, (key, descending) => {
    sorted = { key, descending: sorted.key === key ? !sorted.descending : descending };
    table.show(table.rows, sorted.key, sorted.descending);
  });
}

function filteredTable(element: HTMLTableElement, controls: HTMLElement): void {
  const marks = [...controls.querySelectorAll<HTMLInputElement>('input[name="show"]')];
  const text = controls.querySelector<HTMLInputElement>('#text');
  const status = document.getElementById('shown');
  const noun = element.dataset.noun ?? 'row';
  let query = readQuery();
  const table = sortable(element, (key, descending) =>
    update({ sort: key, descending: query.sort === key ? !query.descending : descending }),
  );
  const texts = new Map(table.rows.map((row) => [row, (row.textContent ?? '').toLowerCase()]));

  function update(change: Partial<RowQuery>): void {
    query = { ...query, ...change };
    show();
    writeQuery(query);
  }

  function show(): void {
    const matches = textFilter(query.text);
    const shown = table.rows.filter((row) => {
      const own = (row.dataset.marks ?? '').split(' ');
      return (
        (query.marks.length === 0 || query.marks.some((mark) => own.includes(mark))) &&
        matches(() => texts.get(row) ?? '')
      );
    });
    table.show(shown, query.sort, query.descending);
    for (const input of marks) input.checked = query.marks.includes(input.value);
    // Not while it is typed into: the cursor would jump.
    if (text !== null && text.value !== query.text) text.value = query.text;
    if (status !== null) status.textContent = describe(shown.length, table.rows.length);
  }

  function describe(shown: number, all: number): string {
    if (shown === all) return `${count(all, noun)}.`;
    return `${shown === 0 ? 'Nothing matches: 0' : shown} of ${count(all, noun)}.`;
  }

  controls.addEventListener('input', () =>
    update({ marks: marks.filter(({ checked }) => checked).map(({ value }) => value), text: text?.value ?? '' }),
  );
  controls.querySelector('#reset')?.addEventListener('click', () => update({ marks: [], text: '' }));
  addEventListener('hashchange', () => {
    // The way to a place of the page, such as the skip link, is no query.
    if (document.getElementById(location.hash.slice(1)) !== null) return;
    query = readQuery();
    show();
  });
  show();
}

for (const element of document.querySelectorAll<HTMLTableElement>('table[data-sortable]')) {
  const controls = element.closest('section')?.querySelector<HTMLElement>('#controls') ?? null;
  if (controls === null) plainTable(element);
  else filteredTable(element, controls);
}
document.documentElement.classList.add('ready');
