import type { CommandSpec, OptionSpec } from './command.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** A script that completes command names and flags, made from the command table. */
export function completionScript(
  shell: Shell,
  commands: readonly CommandSpec[],
  globals: readonly OptionSpec[],
): string {
  return shell === 'fish' ? fish(commands, globals) : bash(commands, globals, shell);
}

function bash(commands: readonly CommandSpec[], globals: readonly OptionSpec[], shell: 'bash' | 'zsh'): string {
  const shared = globals.flatMap(longFlags);
  const cases = commands.map(
    (command) =>
      `    ${hyphenated(command)}) words="${[...command.options.flatMap(longFlags), ...shared].join(' ')}" ;;`,
  );
  const lines = [
    // zsh runs bash completions as they are once this is loaded.
    ...(shell === 'zsh' ? ['autoload -U +X bashcompinit && bashcompinit'] : []),
    '_objdocker() {',
    '  local current="${COMP_WORDS[COMP_CWORD]}" command="" word words',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    case "$word" in -*) ;; *) command="$word"; break ;; esac',
    '  done',
    '  case "$command" in',
    ...cases,
    `    *) words="${[...commands.flatMap((command) => [hyphenated(command), ...(command.aliases ?? [])]), ...shared].join(' ')}" ;;`,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    'complete -o default -F _objdocker objdocker',
  ];
  return lines.join('\n');
}

function fish(commands: readonly CommandSpec[], globals: readonly OptionSpec[]): string {
  const flagLine = (condition: string, option: OptionSpec): string[] =>
    longFlags(option).map(
      (flag) => `complete -c objdocker ${condition}-l ${flag.slice(2)} -d ${quote(option.description)}`,
    );
  return [
    ...globals.flatMap((option) => flagLine('', option)),
    ...commands.map(
      (command) =>
        `complete -c objdocker -n __fish_use_subcommand -a ${hyphenated(command)} -d ${quote(command.summary)}`,
    ),
    ...commands.flatMap((command) =>
      command.options.flatMap((option) => flagLine(`-n '__fish_seen_subcommand_from ${hyphenated(command)}' `, option)),
    ),
  ].join('\n');
}

function longFlags({ flags }: OptionSpec): string[] {
  return flags.match(/--[a-z-]+/g) ?? [];
}

function hyphenated({ name }: CommandSpec): string {
  return name.replaceAll(' ', '-');
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
