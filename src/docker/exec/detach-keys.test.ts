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
    ['in one piece', [[97, 0x10, 0x11, 98]]],
    ['in two', [[97, 0x10], [0x11]]],
    ['with an empty piece between', [[97], [0x10], [], [0x11]]],
  ])('are found %s', (_, pieces) => {
    expect(type(...pieces)).toEqual({ passed: [97], pressed: true });
  });

  it.each([
    ['Ctrl-Q alone', [[0x11, 97]]],
    ['another key between', [[0x10, 97], [0x11]]],
    ['Ctrl-P at the end', [[97, 0x10]]],
    ['Ctrl-P twice', [[0x10], [0x10, 97]]],
  ])('change nothing: %s', (_, pieces) => {
    expect(type(...pieces)).toEqual({ passed: pieces.flat(), pressed: false });
  });

  it('are found after Ctrl-P twice, of which one goes on', () => {
    expect(type([0x10, 0x10, 0x11])).toEqual({ passed: [0x10], pressed: true });
  });
});
