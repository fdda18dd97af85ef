import { describe, expect, it } from 'vitest';
import { rewriteRepository } from './rewrite.ts';

describe('a rewrite works like the regexp package of Go:', () => {
  it.each([
    ['library/python', '(.*)', 'dockerhub/$1', 'dockerhub/library/python'],
    ['rancher/coredns', '^rancher/(.*)', 'mirror/images/$1', 'mirror/images/coredns'],
    ['library/python', '^rancher/(.*)', 'mirror/$1', 'library/python'],
    ['a/b', '(?P<first>a)', '${first}x', 'ax/b'],
    ['a/b', '(?i)^A', 'c', 'c/b'],
    ['a/b', '(a)', '$1x', '/b'],
    ['a/b', '(a)', '${1}x', 'ax/b'],
    ['a/b', 'a', '$$1', '$1/b'],
    ['a/b', 'x*', '-', '-a-/-b-'],
    ['a/b', '\\A', 'p/', 'p/a/b'],
  ])('%s by %s → %s is %s', (repository, pattern, replacement, rewritten) => {
    expect(rewriteRepository(repository, pattern, replacement)).toBe(rewritten);
  });

  it('ignores a pattern that k3s cannot compile', () => {
    expect(rewriteRepository('a', '(', 'b')).toBeUndefined();
    expect(rewriteRepository('a', '(?=a)', 'b')).toBeUndefined();
  });
});
