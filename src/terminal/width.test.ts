import { describe, expect, it } from 'vitest';
import { clipMiddle, padTo, widthOf } from './width.ts';

describe('widthOf', () => {
  it.each([
    ['web', 3],
    ['', 0],
    ['naïve', 5],
    ['nai\u0308ve', 5],
    ['日本', 4],
    ['ｗｅｂ', 6],
    ['한글', 4],
    ['🎉', 2],
    ['…', 1],
  ])('%j takes %i columns', (text, width) => expect(widthOf(text)).toBe(width));

  it('is what padTo pads to', () => {
    expect(padTo('日本', 6)).toBe('日本  ');
    expect(padTo('too long', 3)).toBe('too long');
  });

  it('is what clipMiddle cuts to', () => {
    expect(clipMiddle('homechoice-report-1', 19)).toBe('homechoice-report-1');
    expect(clipMiddle('homechoice-report-1', 10)).toBe('homec…rt-1');
    expect(clipMiddle('日本日本日本', 7)).toBe('日…本');
    expect(['ab', 'abc'].map((text) => clipMiddle(text, 1))).toEqual(['…', '…']);
    expect(clipMiddle('ab', 0)).toBe('');
  });
});
