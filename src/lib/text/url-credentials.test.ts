import { describe, expect, it } from 'vitest';
import { holdsUrlCredentials, maskUrlCredentials } from './url-credentials.ts';

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

  // With an expression that backtracks, this takes many minutes.
  it('does not backtrack in long words', { timeout: 60_000 }, () => {
    const long = ['x'.repeat(1_000_000), 'a://'.repeat(100_000), `a://${'@'.repeat(200_000)}`];
    expect(long.map(holdsUrlCredentials)).toEqual([false, false, true]);
  });
});

it('maskUrlCredentials masks everything before the last @', () => {
  expect(maskUrlCredentials('x https://u:p@ss@a.b/c y http://t@d')).toBe('x https://***@a.b/c y http://***@d');
});
