import { sanitizeLine } from '../../lib/text/sanitize.ts';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Any text as a part of a line or of a table cell in GitHub Flavored Markdown: it cannot end the cell, nor be markup or a link. */
export function markdownText(text: string): string {
  return (
    sanitizeLine(text)
      .replace(/[&<>]/g, (sign) => ENTITIES[sign] ?? sign)
      .replace(/[\\`*_{}[\]()#+!|~$@]/g, '\\$&')
      // GitHub makes links of these without any markup.
      .replace(/\b(https?|www)(?=[:.])/gi, '$1&#8203;')
  );
}

/** A table; empty without rows. */
export function* markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): Generator<string> {
  if (rows.length === 0) return;
  yield '';
  yield row(head);
  yield row(head.map(() => '---'));
  for (const cells of rows) yield row(cells.map(markdownText));
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
