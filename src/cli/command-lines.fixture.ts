import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { COMMANDS } from './commands.ts';
import { readArgumentVector } from './framework/argument-vector.ts';
import { type Invocation, parseArguments } from './framework/parse-arguments.ts';

/** Every command line of `objdocker` in the strings of a value, as in the scripts of a YAML file. */
export function commandLines(value: unknown): string[] {
  if (typeof value === 'string') return value.split('\n').filter((line) => line.startsWith('objdocker '));
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(commandLines) : [];
}

/** Parses one command line; a redirection, or `<(…)` around it, is the shell's. */
export function parseCommandLine(line: string): Extract<Invocation, { kind: 'command' }> {
  const [, own = ''] = /objdocker ([^()<>|]*)/.exec(line) ?? [];
  const words = [...own.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const invocation = parseArguments(readArgumentVector(words, COMMANDS), { commands: COMMANDS, version: '0.0.0' });
  if (invocation.kind !== 'command') throw new Error(`not a command: ${line}`);
  return invocation;
}

export interface DocumentedLine {
  /** `docs/cli/build.md` */
  readonly page: string;
  /** Without the comment at its end. */
  readonly line: string;
  readonly comment: string;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Every line of the shell blocks of the README, the docs and the examples: in the order of the pages, each once on a page. */
export function documentedLines(): DocumentedLine[] {
  const pages = ['README.md', ...pagesBelow('docs'), ...pagesBelow('examples')];
  return pages.flatMap((page) => {
    const blocks = readFileSync(`${ROOT}${page}`, 'utf8').matchAll(/^```(?:sh|shell|bash)\n(.*?)^```/gms);
    const lines = [...blocks].flatMap(([, block = '']) => block.replace(/\\\n\s*/g, ' ').split('\n'));
    const read = lines.map((text): DocumentedLine => {
      const [line = '', ...comment] = text.split(/\s+# /);
      return { page, line: line.trim(), comment: comment.join(' # ') };
    });
    return [...new Map(read.filter(({ line }) => line !== '').map((each) => [each.line, each])).values()];
  });
}

function pagesBelow(folder: string): string[] {
  return readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `${folder}/${name}`);
}
