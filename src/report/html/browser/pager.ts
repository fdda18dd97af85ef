/** Buttons to go through the pages of a table; `onPage` is called with the page to show, from 0. */
export function pager(root: HTMLElement, onPage: (page: number) => void): (page: number, pages: number) => void {
  const button = (text: string) => {
    const element = document.createElement('button');
    element.type = 'button';
    element.textContent = text;
    return element;
  };
  const first = button('First');
  const previous = button('Previous');
  const next = button('Next');
  const last = button('Last');
  const where = document.createElement('span');
  let current = 0;
  let count = 1;
  first.addEventListener('click', () => onPage(0));
  previous.addEventListener('click', () => onPage(current - 1));
  next.addEventListener('click', () => onPage(current + 1));
  last.addEventListener('click', () => onPage(count - 1));
  root.replaceChildren(first, previous, where, next, last);
  return (page, pages) => {
    current = page;
    count = pages;
    root.hidden = pages < 2;
    where.textContent = `Page ${page + 1} of ${pages}`;
    // Not `disabled`: that would take the focus away from who is on it.
    for (const element of [first, previous]) element.setAttribute('aria-disabled', String(page === 0));
    for (const element of [next, last]) element.setAttribute('aria-disabled', String(page >= pages - 1));
  };
}
