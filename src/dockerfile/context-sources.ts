import { posix } from 'node:path';
import type { ContextSource } from './graph.ts';
import type { Instruction } from './instruction.ts';
import { mountsOf } from './mounts.ts';

/**
 * What an instruction takes from the build context: the sources of a COPY or ADD, the source of a bind mount.
 * Heredocs, URLs, Git repositories and what comes from another stage or image are not of the context.
 */
export function contextSources(instruction: Instruction, expand: (word: string) => string): ContextSource[] {
  const { keyword, line, flags, words } = instruction;
  if (keyword === 'RUN')
    return mountsOf(instruction)
      .filter((mount) => mount.type === 'bind' && mount.from === undefined)
      .map(({ source = '.' }) => toSource(source, { line, instruction: 'RUN --mount' }, expand));
  if (keyword !== 'COPY' && keyword !== 'ADD') return [];
  if (flags.some((flag) => flag.name === 'from' && flag.value !== '')) return [];
  return words
    .slice(0, -1)
    .filter((word) => !/^\d*<<-?[^<]/.test(word))
    .map((word) => toSource(word, { line, instruction: keyword }, expand))
    .filter((source) => keyword !== 'ADD' || !isRemote(source.path));
}

function toSource(
  written: string,
  at: Pick<ContextSource, 'line' | 'instruction'>,
  expand: (word: string) => string,
): ContextSource {
  return { path: relativeToRoot(expand(written)), written, ...at };
}

// A leading slash means the context's root, and `..` cannot leave it.
function relativeToRoot(path: string): string {
  if (isRemote(path)) return path;
  const clean = posix.normalize(`/${path}`).replace(/^\/+/, '').replace(/\/$/, '');
  return clean === '' ? '.' : clean;
}

function isRemote(path: string): boolean {
  return /^(https?:\/\/|git:\/\/|ssh:\/\/|git@)/.test(path);
}
