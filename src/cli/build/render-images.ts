import { shortDigest } from '../../lib/text/words.ts';
import { renderTable } from '../../terminal/table.ts';

export interface ListedImage {
  readonly reference: string;
  readonly digest: string;
}

/**
 * Images with their digests or ids, as a table. On a narrow terminal digests are shortened or, with `whole`, printed below
 * their image.
 *
 * @param columns the terminal's width; undefined when the output is not a terminal
 */
export function renderImages(
  images: readonly ListedImage[],
  { heading, columns, whole }: { heading: string; columns: number | undefined; whole: boolean },
): string {
  const table = (show: (digest: string) => string) =>
    renderTable(
      ['IMAGE', heading],
      images.map(({ reference, digest }) => [reference, show(digest)]),
    );
  const candidates = [table((digest) => digest), ...(whole ? [] : [table(shortDigest)])];
  const fits = (text: string) => columns === undefined || text.split('\n').every(({ length }) => length <= columns);
  return candidates.find(fits) ?? images.map(({ reference, digest }) => `${reference}\n  ${digest}`).join('\n');
}
