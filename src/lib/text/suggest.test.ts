import { describe, expect, it } from 'vitest';
import { didYouMean, suggest } from './suggest.ts';

describe('suggest', () => {
  const known = ['meridian-report', 'meridian-api', 'password', 'passwordFile'];
  it.each([
    ['meridian-reprot', 'meridian-report'],
    ['Meridian-API', 'meridian-api'],
    ['pasword', 'password'],
  ])('%s means %s', (written, name) => expect(suggest(written, known)).toBe(name));

  it('suggests nothing when no word is similar', () => {
    expect(suggest('zzzzz', known)).toBeUndefined();
    expect(suggest('', known)).toBeUndefined();
    expect(didYouMean('zzzzz', known)).toBe('');
  });

  it('is fast for a very long name', () => expect(suggest('x'.repeat(10_000), known)).toBeUndefined());
});
