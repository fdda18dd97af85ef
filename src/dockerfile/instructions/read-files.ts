import { ValueError } from '../problem.ts';
import { chompContent, heredocSignOf } from '../syntax/heredoc.ts';
import type { ParsedInstruction } from '../syntax/parse.ts';
import { type KnownFlags, readFlags } from './flags.ts';
import { type FileContent, type FilesInstruction, textsOf } from './instruction.ts';

const COMMON: KnownFlags = new Map([
  ['chown', 'value'],
  ['chmod', 'value'],
  ['link', 'boolean'],
  ['exclude', 'values'],
]);
const FLAGS: Readonly<Record<'COPY' | 'ADD', KnownFlags>> = {
  COPY: new Map([...COMMON, ['from', 'value'], ['parents', 'boolean']]),
  ADD: new Map([...COMMON, ['keep-git-dir', 'boolean'], ['checksum', 'value'], ['unpack', 'boolean']]),
};

const NO_CONTENTS: readonly FileContent[] = [];

/** @throws {ValueError} */
export function readFiles(parsed: ParsedInstruction, keyword: 'COPY' | 'ADD'): FilesInstruction {
  const words = textsOf(parsed);
  const destination = words.pop();
  if (destination === undefined || words.length === 0)
    throw new ValueError(`${keyword} needs a source and a destination`, `Write "${keyword} source destination".`);
  const flags = readFlags(parsed.flags, FLAGS[keyword]);
  if (destination.includes('<<') && heredocSignOf(destination) !== undefined)
    throw new ValueError(
      `the heredoc ${destination} cannot be the destination of ${keyword}`,
      'Write the destination last.',
    );
  const { line, endLine } = parsed;
  if (!words.some((word) => word.includes('<<')))
    return { keyword, line, endLine, parsed, flags, sources: words, contents: NO_CONTENTS, destination };
  const sources: string[] = [];
  const contents: FileContent[] = [];
  for (const word of words) {
    const sign = heredocSignOf(word);
    if (sign === undefined) sources.push(word);
    else contents.push({ name: sign.name, expand: sign.expand, content: contentOf(parsed, sign.name, sign.chomp) });
  }
  return { keyword, line, endLine, parsed, flags, sources, contents, destination };
}

function contentOf({ heredocs }: ParsedInstruction, name: string, chomp: boolean): string {
  const content = heredocs.findLast((heredoc) => heredoc.name === name)?.content ?? '';
  return chomp ? chompContent(content) : content;
}
