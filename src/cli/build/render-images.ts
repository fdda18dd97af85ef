import { shortDigest } from '../../lib/text/words.ts';
import { renderTable } from '../../terminal/table.ts';

export interface ListedImage {
  readonly reference: string;
  readonly digest: string;
}

/**
 * Images with their digests or ids: a table, on a terminal that is too narrow for it with the digests cut short or, where
 * they have to be `whole`, each below its image.
 *
 * @param columns the terminal's width; undefined for what is no terminal
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
