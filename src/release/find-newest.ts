/** By how much the search for a number that does not exist grows with each step. */
const FACTOR = 32;

/**
 * The highest number that exists. The numbers are 1, 2, 3 …, of which single ones may be missing. 20,000 numbers take at most 20
 * questions.
 *
 * @param hint a number that exists; 0 when none is known. The closer it is to the highest, the fewer questions.
 * @returns 0 when there is none
 */
export async function findNewest(exists: (number: number) => Promise<boolean>, hint = 0): Promise<number> {
  let low = hint;
  for (;;) {
    low = await search(exists, low, hint > 0);
    // A missing number in the middle looks like the end.
    if (hint > 0 || !(await exists(low + 2))) return low;
    low += 2;
  }
}

/** A number that exists (or `low`), followed by one that does not. */
async function search(
  exists: (number: number) => Promise<boolean>,
  start: number,
  isLikelyLast: boolean,
): Promise<number> {
  let low = start;
  if (isLikelyLast) {
    if (!(await exists(low + 1))) return low;
    low++;
  }
  let step = FACTOR;
  while (await exists(start + step)) {
    low = start + step;
    step *= FACTOR;
  }
  let high = start + step;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (await exists(middle)) low = middle;
    else high = middle;
  }
  return low;
}
