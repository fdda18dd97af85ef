import type { Config } from '../../config/load.ts';
import type { Package } from '../../config/package.ts';
import type { ObjDockerError } from '../../errors.ts';
import type { Environment } from '../../lib/environment.ts';
import type { ExitCode } from './exit-codes.ts';
import type { InputStream } from './input.ts';
import type { StreamName } from './lost-streams.ts';
import type { Output } from './output.ts';

/** What exists outside the command table and is looked up to complete a value; `image` is a repository or `REPO:TAG`. */
export type CompletionSource =
  | 'package'
  | 'service'
  | 'container'
  | 'repository'
  | 'image'
  | 'tag'
  | 'context'
  | 'release';

/** An option as commander spells it, with its help. */
export interface OptionSpec {
  readonly flags: string;
  readonly description: string;
  /** Collects repeated uses into a list. */
  readonly repeatable?: true;
  readonly choices?: readonly string[];
  /** The value of an option without one: `--rescan` is `--rescan=too-old`. A value is given after `=` only. */
  readonly bareValue?: string;
  /** What `-` means as its value, for the path of a file or folder; `nothing` refuses it. */
  readonly dash?: 'stdin' | 'stdout' | 'nothing';
  /** What the shell completes it with. @default the choices; without them, files */
  readonly completes?: CompletionSource;
}

export interface ArgumentSpec {
  /** `PACKAGE` or `[PACKAGE]`, in brackets when optional, with `...` when several. */
  readonly name: string;
  readonly description: string;
  readonly choices?: readonly string[];
  /** What the shell completes it with. @default the choices; without them, files */
  readonly completes?: CompletionSource;
}

/** A command line that runs as it stands, as `--help` shows it. */
export interface CommandExample {
  readonly command: string;
  /** What it does, where that is not plain from the command itself. */
  readonly comment?: string;
}

/** The headings under which `objdocker --help` lists commands. */
export type HelpGroup = 'Build and push' | 'Releases' | 'Check' | 'Harbor' | 'Containers' | 'Configuration';

/** One row of the command table: everything about a command except its body, which is loaded when it runs. */
export interface CommandSpec {
  /** The words of the command: `build`, `config check`. `harbor repos` and `harbor-repos` are the same command. */
  readonly name: string;
  readonly aliases?: readonly string[];
  /** What it does, in one line without a period. */
  readonly summary: string;
  readonly helpGroup: HelpGroup;
  /** Two or three, the simplest first. */
  readonly examples: readonly CommandExample[];
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /** Everything after its first argument belongs to another program, options too. */
  readonly passThrough?: true;
  /**
   * It only prints, and ends when the reader of its result is gone: the streams that carry the result, and the exit code.
   * @default it goes on to its end, and its exit code is the same as with a reader
   */
  readonly endsWithReader?: { readonly streams: readonly StreamName[]; readonly code: ExitCode };
  /** The exit code of its failures. @default what EXIT_CODES says */
  readonly failureCode?: (error: ObjDockerError) => ExitCode;
  readonly load: () => Promise<{ readonly run: CommandBody }>;
}

/** Options that every command takes. */
export interface GlobalOptions {
  readonly config?: string;
  readonly package?: string;
  readonly context?: string;
  readonly host?: string;
  readonly strict: boolean;
}

export interface CommandContext {
  /** Of ObjDocker. */
  readonly version: string;
  /** The whole table, for a command that prints it. */
  readonly commands: readonly CommandSpec[];
  readonly environment: Environment;
  readonly output: Output;
  readonly stdin: InputStream;
  readonly signal: AbortSignal;
  readonly globals: GlobalOptions;
  /** Whether stderr is a terminal, on which live progress can be shown. */
  readonly interactive: boolean;
  /** Reads the config.yaml: `--config`, else the nearest one upwards. Its warnings are printed once. */
  readonly loadConfig: () => Promise<Config>;
  /** The package that the command works on: its argument, else the active one. */
  readonly selectPackage: (name?: string) => Promise<Package>;
}

export type CommandBody = (
  context: CommandContext,
  args: readonly string[],
  options: Readonly<Record<string, unknown>>,
) => Promise<ExitCode>;

/** `--tag` of `-t, --tag <tag>`. */
export function longNames({ flags }: OptionSpec): string[] {
  return flags.match(/--[a-z0-9-]+/g) ?? [];
}

/** `-t` of `-t, --tag <tag>`. */
export function shortNames({ flags }: OptionSpec): string[] {
  return flags.match(/(?<![\w-])-[A-Za-z](?![\w-])/g) ?? [];
}

export function takesValue({ flags }: OptionSpec): boolean {
  return flags.includes('<');
}

/** A command's name in one word: `config-check` for `config check`. */
export function hyphenatedName({ name }: Pick<CommandSpec, 'name'>): string {
  return name.replaceAll(' ', '-');
}
