import { readArgumentVector } from '../framework/argument-vector.ts';
import {
  type ArgumentSpec,
  type CommandSpec,
  type CompletionSource,
  hyphenatedName,
  longNames,
  type OptionSpec,
  takesValue,
} from '../framework/command.ts';
import { GLOBAL_OPTIONS, HELP_OPTION } from '../framework/options.ts';

export interface Candidate {
  readonly value: string;
  readonly description?: string;
}

/** What can follow the words that were typed. */
export interface CompletionRequest {
  /** The word at the cursor, as far as it was typed; for `--option=` only its value. */
  readonly typed: string;
  /** What a candidate has to be preceded by: `--option=`. */
  readonly prefix: string;
  /** Candidates from the command table. */
  readonly candidates: readonly Candidate[];
  /** Where to look up further candidates. */
  readonly source?: CompletionSource | undefined;
  /** Whether a file fits as well. */
  readonly acceptsFiles: boolean;
  /** The arguments before the cursor, without the words of the command. */
  readonly args: readonly string[];
  /** The values of the options before the cursor, by long names without dashes. */
  readonly options: ReadonlyMap<string, string>;
}

/**
 * Finds out what can follow.
 *
 * @param words the words after `objdocker`; the last one is at the cursor and may be empty
 */
export function readWords(words: readonly string[], commands: readonly CommandSpec[]): CompletionRequest {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const vector = readArgumentVector(before, commands);
  const { command, normalized } = vector;
  const known = [...(command?.options ?? []), ...GLOBAL_OPTIONS, HELP_OPTION];
  const args = command === undefined ? vector.words : vector.words.slice(wordCount(command, vector.words));
  const options = new Map<string, string>();
  for (const word of normalized) {
    const [, name, value] = /^--([a-z-]+)=(.*)$/s.exec(word) ?? [];
    if (name !== undefined && value !== undefined) options.set(name, value);
  }
  const request = { typed: current, prefix: '', candidates: [], acceptsFiles: false, args, options };

  if (normalized.includes('--')) return { ...request, acceptsFiles: true };
  const pending = known.find((option) => takesValue(option) && longNames(option).includes(normalized.at(-1) ?? ''));
  if (pending !== undefined) return { ...request, ...valuesOf(pending) };
  const [, name, value] = /^(--[a-z-]+=)(.*)$/s.exec(current) ?? [];
  if (name !== undefined && value !== undefined) {
    const option = known.find((candidate) => longNames(candidate).includes(name.slice(0, -1)));
    if (option === undefined) return request;
    return { ...request, ...valuesOf(option), typed: value, prefix: name };
  }
  if (current.startsWith('-')) {
    const candidates = known.flatMap((option) =>
      longNames(option).map((value) => ({ value, description: option.description })),
    );
    return { ...request, candidates };
  }
  if (command === undefined) return { ...request, candidates: commandWords(vector.words, commands) };
  if (vector.requestsHelp) return request;
  const argument = command.arguments[args.length] ?? command.arguments.findLast(({ name }) => name.includes('...'));
  return argument === undefined ? request : { ...request, ...valuesOf(argument) };
}

function wordCount(command: CommandSpec, words: readonly string[]): number {
  return words[1] !== undefined && `${words[0]}-${words[1]}` === hyphenatedName(command) ? 2 : 1;
}

function valuesOf({ choices, completes }: OptionSpec | ArgumentSpec) {
  return {
    candidates: (choices ?? []).map((value) => ({ value })),
    source: completes,
    acceptsFiles: choices === undefined && completes === undefined,
  };
}

/** The first words of commands, or the second ones of a group. */
function commandWords(words: readonly string[], commands: readonly CommandSpec[]): readonly Candidate[] {
  const [group, ...more] = words;
  if (more.length > 0) return [];
  if (group !== undefined && group !== 'help') {
    return commands.flatMap((spec) =>
      hyphenatedName(spec).startsWith(`${group}-`)
        ? [{ value: hyphenatedName(spec).slice(group.length + 1), description: spec.summary }]
        : [],
    );
  }
  const candidates = commands.flatMap((spec): Candidate[] => {
    const [first = '', second] = spec.name.split(' ');
    if (second === undefined)
      return [spec.name, ...(spec.aliases ?? [])].map((value) => ({ value, description: spec.summary }));
    return [{ value: first, description: `commands of the group "${first}"` }];
  });
  return [...candidates, { value: 'help', description: 'print the help of a command' }];
}
