import { describe, expect, it } from 'vitest';
import { either, holdsUrlCredentials, maskUrlCredentials, quote } from './text.ts';

describe('holdsUrlCredentials', () => {
  it.each([
    ['https://ci:s3cret@pypi.example.com/simple', true],
    ['https://:s3cret@pypi.example.com', true],
    ['https://glpat-0123456789abcdef@git.example.com/x.git', true],
    ['--index-url https://a.b --extra-index-url https://u:p@c.d', true],
    ['HTTPS://U:P@HOST', true],
    ['postgres://app:p@ss@db/x', true],
    ['ssh://git@github.com/x.git', false],
    ['https://org@dev.azure.com/x', false],
    ['https://u:@pypi.example.com', false],
    ['https://pypi.example.com/a@b', false],
    ['https://pypi.example.com/?x=u:p@y', false],
    ['git@github.com:x/y.git', false],
    ['user@example.com', false],
    ['', false],
  ])('%s: %s', (text, holds) => expect(holdsUrlCredentials(text)).toBe(holds));

  it('is quick on long words', () => {
    const started = performance.now();
    for (const text of ['x'.repeat(1_000_000), 'a://'.repeat(100_000), `a://${'@'.repeat(200_000)}`])
      holdsUrlCredentials(text);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

it('maskUrlCredentials masks what stands before @, with every @ in it', () => {
  expect(maskUrlCredentials('x https://u:p@ss@a.b/c y http://t@d')).toBe('x https://***@a.b/c y http://***@d');
});

it('quote cuts, and shows what a terminal would act on', () => {
  expect(quote('a\u001b[31m\u202eb\n')).toBe('"a\\u001b[31m\\u202eb\\u000a"');
  expect(quote('x'.repeat(200))).toHaveLength(82);
});

it('either joins words as people do', () => {
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map((words) => either(words))).toEqual([
    '',
    'a',
    'a or b',
    'a, b or c',
  ]);
});
