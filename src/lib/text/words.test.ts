import { expect, it } from 'vitest';
import { count, formatNumber, joinWords, shortDigest, withTags } from './words.ts';

it('joins words with commas and a conjunction', () => {
  const lists = [[], ['a'], ['a', 'b'], ['a', 'b', 'c']];
  expect(lists.map((words) => joinWords(words))).toEqual(['', 'a', 'a and b', 'a, b and c']);
  expect(lists.map((words) => joinWords(words, 'or'))).toEqual(['', 'a', 'a or b', 'a, b or c']);
});

it('prints numbers with their noun', () => {
  expect([0, 999, 1000, 1234567].map(formatNumber)).toEqual(['0', '999', '1,000', '1,234,567']);
  expect([count(1, 'image'), count(1200, 'image')]).toEqual(['1 image', '1,200 images']);
});

it('shortens a digest', () => {
  expect(shortDigest(`sha256:${'a'.repeat(64)}`)).toBe(`sha256:${'a'.repeat(12)}`);
});

it('names a few tags of an artifact, and counts the others', () => {
  const tags = Array.from({ length: 300 }, (_, at) => String(at));
  expect(withTags('axion/api', [])).toBe('axion/api');
  expect(withTags('axion/api', ['1.0', 'latest'])).toBe('axion/api:1.0, :latest');
  expect(withTags('axion/api', tags.slice(0, 6))).toBe('axion/api:0, :1, :2, :3, :4 and 1 more tag');
  expect(withTags('axion/api', tags)).toBe('axion/api:0, :1, :2, :3, :4 and 295 more tags');
});
