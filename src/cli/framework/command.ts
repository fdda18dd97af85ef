import type { Config } from '../../config/load.ts';
import type { Package } from '../../config/package.ts';
import type { ObjDockerError } from '../../errors.ts';
import type { Environment } from '../../lib/environment.ts';
import type { ExitCode } from './exit-codes.ts';
import type { InputStream } from './input.ts';
import type { Output } from './output.ts';

/** A flag as commander spells it, with its help. */
export interface OptionSpec {
  readonly flags: string;
  readonly description: string;
  /** Collects repeated uses into a list. */
  readonly repeatable?: true;
  readonly choices?: readonly string[];
}

export interface ArgumentSpec {
  /** `PACKAGE` or `[PACKAGE]`, in brackets when optional, with `...` when several. */
  readonly name: string;
  readonly description: string;
  readonly choices?: readonly string[];
}

/** One row of the command table: everything about a command but its body, which is loaded when it runs. */
export interface CommandSpec {
  /** The words of the command: `build`, `config check`. `harbor repos` and `harbor-repos` are the same command. */
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly group: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /** All that follows its first argument is another program's, flags too. */
  readonly passesOn?: true;
  /** The exit code of its failures. @default what EXIT_CODES says */
  readonly failureCode?: (error: ObjDockerError) => ExitCode;
  readonly load: () => Promise<{ readonly run: CommandBody }>;
}

/** Flags that every command understands. */
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
  /** Whether somebody sits at the terminal and can be shown live progress. */
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
