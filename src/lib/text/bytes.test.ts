import { expect, it } from 'vitest';
import { formatBytes } from './bytes.ts';

it('prints bytes in decimal units', () => {
  const sizes = [0, 999, 1000, 12_345_678, 999_900_000, 5e12];
  expect(sizes.map(formatBytes)).toEqual(['0 B', '999 B', '1.0 kB', '12.3 MB', '1.0 GB', '5.0 TB']);
});
