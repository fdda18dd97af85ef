import type { CommandSpec, OptionSpec } from './command.ts';

/** `--tag` of `-t, --tag <tag>`. */
export function longNames({ flags }: OptionSpec): string[] {
  return flags.match(/--[a-z-]+/g) ?? [];
}

/** `-t` of `-t, --tag <tag>`. */
export function shortNames({ flags }: OptionSpec): string[] {
  return flags.match(/(?<![\w-])-[A-Za-z](?![\w-])/g) ?? [];
}

export function takesValue({ flags }: OptionSpec): boolean {
  return flags.includes('<');
}

/** A command's name in one word: `config-check` for `config check`. */
export function oneWord({ name }: Pick<CommandSpec, 'name'>): string {
  return name.replaceAll(' ', '-');
}
