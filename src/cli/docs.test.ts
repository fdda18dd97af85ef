import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { CLI_PAGES, pagePath, updatePage } from '../../script/write-cli-docs.ts';
import { documentedLines, parseCommandLine } from './command-lines.fixture.ts';
import { COMMANDS } from './commands.ts';

it.each(CLI_PAGES)('docs/cli/$file is up to date with the command table (npm run docs)', async (page) => {
  const text = await readFile(pagePath(page), 'utf8');
  expect(text).toBe(updatePage(text, page));
});

it('docs/cli describes every command on exactly one page', () => {
  const described = CLI_PAGES.flatMap(({ commands }) => commands.map(({ name }) => name));
  expect(described.sort()).toEqual(COMMANDS.map(({ name }) => name).sort());
});

it.each(documentedLines().filter(({ line }) => line.includes('objdocker ')))('$page: $line', ({ line }) => {
  // Throws for an unknown command or option, and for a missing argument.
  expect(parseCommandLine(line).kind).toBe('command');
});
