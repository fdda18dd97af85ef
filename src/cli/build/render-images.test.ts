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
  it('prints whole digests on a wide terminal and without a terminal', () => {
    const table = [
      'IMAGE                                        DIGEST',
      `registry.example.com/axion/api-shop:1        ${DIGEST}`,
      `registry.example.com/axion/scheduler-shop:1  ${DIGEST}`,
    ];
    expect(show(120, false)).toEqual(table);
    expect(show(undefined, false)).toEqual(table);
    expect(show(undefined, true)).toEqual(table);
  });

  it('shortens digests on a narrow terminal', () => {
    expect(show(80, false)[2]).toBe('registry.example.com/axion/scheduler-shop:1  sha256:0123456789ab');
  });

  it('prints digests below their images when they must be whole or the terminal is very narrow', () => {
    const list = IMAGES.flatMap(({ reference, digest }) => [reference, `  ${digest}`]);
    expect(show(80, true)).toEqual(list);
    expect(show(40, false)).toEqual(list);
  });
});
