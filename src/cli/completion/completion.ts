import type { CommandSpec, OptionSpec } from '../framework/command.ts';
import { hyphenatedName, longNames, shortNames, takesValue } from '../framework/command.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** A script that completes commands, their words and flags, and the values that a flag can have, made from the command table. */
export function completionScript(
  shell: Shell,
  commands: readonly CommandSpec[],
  globals: readonly OptionSpec[],
): string {
  return (shell === 'fish' ? fish(commands, globals) : bash(commands, globals, shell)).join('\n');
}

function bash(commands: readonly CommandSpec[], globals: readonly OptionSpec[], shell: 'bash' | 'zsh'): string[] {
  const flags = [
    ...globals.map((option) => ({ option, pattern: names(option).map((name) => `*" ${name}"`) })),
    ...commands.flatMap((command) =>
      command.options.map((option) => ({
        option,
        pattern: called(command).flatMap((word) => names(option).map((name) => `"${word} ${name}"`)),
      })),
    ),
  ];
  const withValue = flags.filter(({ option }) => takesValue(option)).flatMap(({ pattern }) => pattern);
  const choices = flags.filter(({ option }) => option.choices !== undefined);
  const groups = groupsOf(commands);
  return [
    // zsh runs bash completions as they are once these are loaded.
    ...(shell === 'zsh'
      ? ['autoload -Uz compinit bashcompinit', '(( $+functions[compdef] )) || compinit', 'bashcompinit']
      : []),
    '_objdocker() {',
    '  local current="${COMP_WORDS[COMP_CWORD]}" flag="" command="" glued="" word candidates="" index',
    '  for ((index = 1; index < COMP_CWORD; index++)); do',
    '    word="${COMP_WORDS[index]}"',
    // Bash hands over a word in pieces, taken apart at ":" and "=".
    '    if [[ "$word" == [:=]* ]]; then glued=yes; continue; fi',
    '    if [[ -n "$flag$glued" ]]; then flag="" glued=""; continue; fi',
    '    case "$command $word" in',
    `      ${withValue.join('|')}) flag="$command $word" ;;`,
    '      *" -"*) ;;',
    '      *)',
    '        case "$command" in',
    '          "") command="$word" ;;',
    ...groups.map(({ word }) => `          ${word}) command="${word}-$word" ;;`),
    // The rest is another program's.
    ...commands
      .filter(({ passThrough }) => passThrough)
      .map((command) => `          ${hyphenatedName(command)}) return ;;`),
    '        esac ;;',
    '    esac',
    '  done',
    '  if [[ "$current" == "=" ]]; then current=""; fi',
    '  if [[ -n "$flag" ]]; then',
    '    case "$flag" in',
    ...choices.map(({ option, pattern }) => `      ${pattern.join('|')}) candidates="${option.choices?.join(' ')}" ;;`),
    '    esac',
    '  elif [[ "$current" == -* ]]; then',
    `    candidates="${globals.flatMap(longNames).join(' ')}"`,
    '    case "$command" in',
    ...commands
      .filter((command) => command.options.length > 0)
      .map(
        (command) =>
          `      ${called(command).join('|')}) candidates="$candidates ${command.options.flatMap(longNames).join(' ')}" ;;`,
      ),
    '    esac',
    '  else',
    '    case "$command" in',
    `      ""|help) candidates="${firstWords(commands).join(' ')}" ;;`,
    ...groups.map(({ word, seconds }) => `      ${word}) candidates="${seconds.join(' ')}" ;;`),
    ...commands.flatMap((command) =>
      argumentChoices(command).length === 0
        ? []
        : [`      ${called(command).join('|')}) candidates="${argumentChoices(command).join(' ')}" ;;`],
    ),
    '    esac',
    '  fi',
    '  COMPREPLY=($(compgen -W "$candidates" -- "$current"))',
    '}',
    'complete -o default -F _objdocker objdocker',
  ];
}

function fish(commands: readonly CommandSpec[], globals: readonly OptionSpec[]): string[] {
  const complete = (condition: string, rest: string) =>
    `complete -c objdocker ${condition === '' ? '' : `-n ${quote(condition)} `}${rest}`;
  const flag = (condition: string, option: OptionSpec): string[] => {
    const short = shortNames(option).map((name) => `-s ${name.slice(1)} `);
    const values = option.choices === undefined ? '' : `-xa ${quote(option.choices.join(' '))} `;
    const value = values === '' && takesValue(option) ? '-r ' : values;
    return longNames(option).map((name) =>
      complete(condition, `${short.join('')}-l ${name.slice(2)} ${value}-d ${quote(option.description)}`),
    );
  };
  const groups = groupsOf(commands);
  const seen = (command: CommandSpec) =>
    command.name
      .split(' ')
      .map((word) => `__fish_seen_subcommand_from ${word}`)
      .join('; and ');
  return [
    ...globals.flatMap((option) => flag('', option)),
    ...commands
      .filter(({ name }) => !name.includes(' '))
      .map((command) =>
        complete('__fish_use_subcommand', `-a ${hyphenatedName(command)} -d ${quote(command.summary)}`),
      ),
    ...groups.flatMap(({ word, seconds }) => [
      complete('__fish_use_subcommand', `-a ${word} -d ${quote(seconds.join(', '))}`),
      ...seconds.map((second) =>
        complete(
          `__fish_seen_subcommand_from ${word}; and not __fish_seen_subcommand_from ${seconds.join(' ')}`,
          `-f -a ${second} -d ${quote(commands.find(({ name }) => name === `${word} ${second}`)?.summary ?? '')}`,
        ),
      ),
    ]),
    ...commands.flatMap((command) => [
      ...command.options.flatMap((option) => flag(seen(command), option)),
      ...argumentChoices(command).map((word) => complete(seen(command), `-f -a ${word}`)),
    ]),
  ];
}

/** The commands of two words, by their first: `config` with `check`, `show`, `schema`. */
function groupsOf(commands: readonly CommandSpec[]): { readonly word: string; readonly seconds: readonly string[] }[] {
  const pairs = commands.map(({ name }) => name.split(' ')).filter(({ length }) => length === 2);
  return unique(pairs.map(([first = '']) => first)).map((word) => ({
    word,
    seconds: pairs.flatMap(([first, second = '']) => (first === word ? [second] : [])),
  }));
}

function firstWords(commands: readonly CommandSpec[]): string[] {
  return unique([...commands.flatMap(({ name, aliases }) => [name.split(' ')[0] ?? '', ...(aliases ?? [])]), 'help']);
}

function argumentChoices(command: CommandSpec): readonly string[] {
  return command.arguments.flatMap(({ choices }) => choices ?? []);
}

/** The words that a command is called by. */
function called(command: CommandSpec): string[] {
  return [hyphenatedName(command), ...(command.aliases ?? [])];
}

function names(option: OptionSpec): string[] {
  return [...shortNames(option), ...longNames(option)];
}

function unique(words: readonly string[]): string[] {
  return [...new Set(words)];
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
