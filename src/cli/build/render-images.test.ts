import { describe, expect, it } from 'vitest';
import { renderImages } from './render-images.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const IMAGES = [
  { reference: 'registry.example.com/axion/api-shop:1', digest: DIGEST },
  { reference: 'registry.example.com/axion/scheduler-shop:1', digest: DIGEST },
];
const show = (columns: number | undefined, whole: boolean) =>
  renderImages(IMAGES, { heading: 'DIGEST', columns, whole }).split('\n');

describe('renderImages', () => {
  it('is a table with whole digests where there is room, and where nobody looks', () => {
    const table = [
      'IMAGE                                        DIGEST',
      `registry.example.com/axion/api-shop:1        ${DIGEST}`,
      `registry.example.com/axion/scheduler-shop:1  ${DIGEST}`,
    ];
    expect(show(120, false)).toEqual(table);
    expect(show(undefined, false)).toEqual(table);
    expect(show(undefined, true)).toEqual(table);
  });

  it('cuts digests short on a narrow terminal', () => {
    expect(show(80, false)[2]).toBe('registry.example.com/axion/scheduler-shop:1  sha256:0123456789ab');
  });

  it('puts them below the images where they have to be whole, or the terminal is narrower still', () => {
    const list = IMAGES.flatMap(({ reference, digest }) => [reference, `  ${digest}`]);
    expect(show(80, true)).toEqual(list);
    expect(show(40, false)).toEqual(list);
  });
});
