import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { CLI_PAGES, pagePath, updatePage } from '../../script/write-cli-docs.ts';
import { parseCommandLine } from './command-lines.fixture.ts';
import { COMMANDS } from './commands.ts';

it.each(CLI_PAGES)('docs/cli/$file is up to date with the command table (npm run docs)', async (page) => {
  const text = await readFile(pagePath(page), 'utf8');
  expect(text).toBe(updatePage(text, page));
});

it('docs/cli describes every command on exactly one page', () => {
  const described = CLI_PAGES.flatMap(({ commands }) => commands.map(({ name }) => name));
  expect(described.sort()).toEqual(COMMANDS.map(({ name }) => name).sort());
});

it.each(documentedCommands())('%s: %s', (_file, line) => {
  // Throws for an unknown command or option, and for a missing argument.
  expect(parseCommandLine(line).kind).toBe('command');
});

/** Every command line of objdocker in the shell blocks of the README, the docs and the examples. */
function documentedCommands(): [file: string, line: string][] {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const pages = ['README.md', ...pagesBelow(root, 'docs'), ...pagesBelow(root, 'examples')];
  return pages.flatMap((file) => {
    const blocks = readFileSync(`${root}${file}`, 'utf8').matchAll(/^```(?:sh|shell|bash)\n(.*?)^```/gms);
    const lines = [...blocks].flatMap(([, block = '']) => block.replace(/\\\n\s*/g, ' ').split('\n'));
    const commands = lines.flatMap((line) => /(?:^|\$\(|&& |\| )(objdocker [^#;&]*)/.exec(line)?.[1] ?? []);
    return [...new Set(commands)].map((line): [string, string] => [file, line.trim()]);
  });
}

function pagesBelow(root: string, folder: string): string[] {
  return readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);
}
