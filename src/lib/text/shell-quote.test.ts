import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { shellQuote } from './shell-quote.ts';

it('is read by a shell as the same arguments', () => {
  const argv = ['plain', '', 'two words', "it's", '$(id)', '`id`', '-x', '*', 'a\nb', '\u001b[31m', "'\t'\\", 'é'];
  const printed = execFileSync('bash', ['-c', `printf '%s\\0' ${shellQuote(argv)}`], { encoding: 'utf8' });
  expect(printed.split('\0').slice(0, -1)).toEqual(argv);
});

it('quotes only what needs quotes', () => {
  expect(shellQuote(['docker', 'build', '--build-arg', 'A=b/c:1'])).toBe('docker build --build-arg A=b/c:1');
});
