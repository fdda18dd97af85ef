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
    ['a/B', '(?i:b)', 'c', 'a/c'],
    ['a/B', 'a/(?i)b', 'c', 'c'],
    ['a/B', '(?i)a/(?-i)b', 'c', 'a/B'],
    ['a/b', '(?m)^a', 'c', 'c/b'],
    ['aaa/b', '(?U)a+', 'c', 'ccc/b'],
    ['a1/b', '[[:alpha:]]', 'x', 'x1/x'],
    ['a1/b', '[[:^alpha:]]', 'x', 'axxb'],
    ['a/b', '[]a]', 'x', 'x/b'],
    ['a/b', '(|a)+', 'x', 'xax/xbx'],
    ['a/b', '\\Qa/\\E', 'x', 'xb'],
    ['a/b', '(?P<x>a)', '$xb', '/b'],
    ['a/b', '(a)', '$01', '/b'],
    ['a/b', '(a)', '${1', '${1/b'],
    ['a/b', '(a)|(b)', '<$1$2>', '<a>/<b>'],
  ])('%s by %s → %s is %s', (repository, pattern, replacement, rewritten) => {
    expect(rewriteRepository(repository, pattern, replacement)).toBe(rewritten);
  });

  it('ignores a pattern that k3s cannot compile', () => {
    for (const pattern of ['(', '(?=a)', '(a)\\1', 'a{1001}', 'a**', '[b-a]', '\\C', '(?i'])
      expect(rewriteRepository('a', pattern, 'b'), pattern).toBeUndefined();
  });
});
