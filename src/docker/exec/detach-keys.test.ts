import { describe, expect, it } from 'vitest';
import { DetachKeys } from './detach-keys.ts';

function type(...pieces: number[][]): { passed: number[]; pressed: boolean } {
  const keys = new DetachKeys();
  const passed = pieces.flatMap((piece) => [...keys.pass(Uint8Array.from(piece))]);
  if (!keys.pressed) passed.push(...keys.rest());
  return { passed, pressed: keys.pressed };
}

describe('DetachKeys', () => {
  it.each([
    ['in one chunk', [[97, 0x10, 0x11, 98]]],
    ['in two chunks', [[97, 0x10], [0x11]]],
    ['with an empty chunk between', [[97], [0x10], [], [0x11]]],
  ])('are recognized %s', (_, pieces) => {
    expect(type(...pieces)).toEqual({ passed: [97], pressed: true });
  });

  it.each([
    ['Ctrl-Q alone', [[0x11, 97]]],
    ['another key between', [[0x10, 97], [0x11]]],
    ['Ctrl-P at the end', [[97, 0x10]]],
    ['Ctrl-P twice', [[0x10], [0x10, 97]]],
  ])('pass other input through: %s', (_, pieces) => {
    expect(type(...pieces)).toEqual({ passed: pieces.flat(), pressed: false });
  });

  it('are recognized after two Ctrl-P, of which the first is passed on', () => {
    expect(type([0x10, 0x10, 0x11])).toEqual({ passed: [0x10], pressed: true });
  });
});
