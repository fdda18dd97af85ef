import type { Config } from '../../config/load.ts';
import { ObjDockerError } from '../../errors.ts';
import type { Environment } from '../../lib/environment.ts';
import type { CommandContext, CommandSpec, GlobalOptions } from './command.ts';
import type { InputStream } from './input.ts';
import type { Output, OutputStream } from './output.ts';

export interface ContextInput {
  readonly version: string;
  readonly commands: readonly CommandSpec[];
  readonly environment: Environment;
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly globals: GlobalOptions;
  readonly stdin: InputStream;
  readonly stderr: OutputStream;
}

/** What a command body is handed. The config is read when a command first asks for it: container commands never do. */
export function createContext({
  version,
  commands,
  environment,
  output,
  signal,
  globals,
  stdin,
  stderr,
}: ContextInput): CommandContext {
  let config: Promise<Config> | undefined;

  const read = async (): Promise<Config> => {
    const { findConfig, loadConfig } = await import('../../config/load.ts');
    const file = globals.config ?? (await findConfig(environment.cwd));
    return loadConfig(file, { env: environment.env, strict: globals.strict, signal });
  };
  const load = (): Promise<Config> => {
    config ??= read();
    return config;
  };

  return {
    version,
    commands,
    environment,
    output,
    stdin,
    signal,
    globals,
    interactive: stderr.isTTY === true && stdin.isTTY === true && !environment.env.CI && !output.json && !output.quiet,
    loadConfig: load,
    selectPackage: async (name) => {
      if (name !== undefined && globals.package !== undefined && name !== globals.package) {
        throw new ObjDockerError(
          'USAGE',
          `two packages are named: "${name}" and, with --package, "${globals.package}"`,
          {
            hint: 'Name one.',
          },
        );
      }
      const loaded = await load();
      const { formatIssue } = await import('../../config/validation/issues.ts');
      const selected = loaded.selectPackage(name ?? globals.package);
      for (const issue of loaded.warningsFor(selected.name)) output.warn(formatIssue(issue));
      return selected;
    },
  };
}
