import { didYouMean } from '../lib/text/suggest.ts';
import type { Instruction } from './instruction.ts';
import type { Refuse } from './read-dockerfile.ts';

const KEYWORDS = [
  'ADD',
  'ARG',
  'CMD',
  'COPY',
  'ENTRYPOINT',
  'ENV',
  'EXPOSE',
  'FROM',
  'HEALTHCHECK',
  'LABEL',
  'MAINTAINER',
  'ONBUILD',
  'RUN',
  'SHELL',
  'STOPSIGNAL',
  'USER',
  'VOLUME',
  'WORKDIR',
];
const STAGE_NAME = /^[a-z][a-z0-9._-]*$/;

/** Refuses an instruction that BuildKit's own parser refuses, as far as the graph depends on it. */
export function checkInstruction(instruction: Instruction, refuse: Refuse): void {
  const { keyword, line, words, heredocs } = instruction;
  if (!KEYWORDS.includes(keyword)) refuse(line, `unknown instruction ${show(keyword)}${didYouMean(keyword, KEYWORDS)}`);
  const open = heredocs.find((heredoc) => !heredoc.closed);
  if (open !== undefined) refuse(line, `the heredoc <<${open.name} is never closed by a line "${open.name}"`);
  if (keyword === 'FROM') checkFrom(instruction, refuse);
  if (keyword === 'ARG' && words.length === 0) refuse(line, 'ARG needs a name');
  if ((keyword === 'COPY' || keyword === 'ADD') && words.length < 2)
    refuse(line, `${keyword} needs a source and a destination`);
  if (keyword === 'ONBUILD') checkOnbuild(instruction, refuse);
  for (const flag of instruction.flags) if (flag.name === 'from') checkFromFlag(instruction, flag.value, refuse);
}

function checkFrom({ line, words }: Instruction, refuse: Refuse): void {
  const [, as, name] = words;
  if (words.length !== 1 && words.length !== 3) refuse(line, 'FROM is written "FROM image" or "FROM image AS name"');
  if (as !== undefined && as.toUpperCase() !== 'AS') refuse(line, `expected AS instead of ${show(as)}`);
  if (name !== undefined && !STAGE_NAME.test(name.toLowerCase()))
    refuse(
      line,
      `${show(name)} cannot be a stage's name`,
      'A name starts with a letter; then letters, digits and . _ - may follow.',
    );
}

function checkOnbuild({ line, trigger }: Instruction, refuse: Refuse): void {
  if (trigger === undefined) refuse(line, 'ONBUILD needs an instruction');
  else if (['FROM', 'ONBUILD', 'MAINTAINER'].includes(trigger.keyword))
    refuse(line, `${trigger.keyword} cannot be an ONBUILD trigger`);
  else checkInstruction(trigger, refuse);
}

function checkFromFlag({ keyword, line }: Instruction, value: string, refuse: Refuse): void {
  if (value.includes('$'))
    refuse(
      line,
      `${keyword} --from=${value} holds a variable, which BuildKit does not replace there`,
      'Name it in a stage of its own ("FROM ${IMAGE} AS source") and copy --from=source.',
    );
}

function show(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
