import { ObjDockerError } from '../../errors.ts';
import type { EnvironmentVariables } from '../../lib/process/exec.ts';
import type { InputStream } from '../framework/input.ts';
import { type GivenOptions, isOn, quoted, textOf, textsOf, timeSpanOf } from '../framework/option-values.ts';

/** The options of `exec`. */
export interface ExecOptions {
  readonly interactive: boolean;
  readonly tty: boolean;
  readonly user: string | undefined;
  readonly workdir: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number | undefined;
}

interface ExecContext {
  readonly env: EnvironmentVariables;
  readonly json: boolean;
  readonly stdin: InputStream;
}

/**
 * Reads the options of `exec`.
 *
 * @throws {ObjDockerError} USAGE
 */
export function readExecOptions(given: GivenOptions, { env, json, stdin }: ExecContext): ExecOptions {
  const [interactive, tty] = [isOn(given, 'interactive'), isOn(given, 'tty')];
  if (tty && json)
    throw new ObjDockerError('USAGE', '--json cannot be combined with --tty', {
      hint: "Omit one of them. With --json the command's output is part of the JSON.",
    });
  if (tty && interactive && stdin.isTTY !== true)
    throw new ObjDockerError('USAGE', 'standard input is not a terminal', {
      hint: 'Omit -t: with -i alone the command reads piped input.',
    });
  return {
    interactive,
    tty,
    user: textOf(given, 'user'),
    workdir: textOf(given, 'workdir'),
    env: readVariables(textsOf(given, 'env') ?? [], env),
    timeoutMs: timeSpanOf(given, 'timeout'),
  };
}

/** As in docker: NAME=VALUE as given, NAME with its value in our environment, and nothing for an unset NAME. */
function readVariables(given: readonly string[], env: EnvironmentVariables): Record<string, string> {
  const pairs = given.map((text): [string, string | undefined] => {
    const at = text.indexOf('=');
    const name = at === -1 ? text : text.slice(0, at);
    if (name === '')
      throw new ObjDockerError('USAGE', `--env ${quoted(text)} has no variable name`, {
        hint: 'Give NAME=VALUE, or NAME to pass its value in this environment.',
      });
    return [name, at === -1 ? env[name] : text.slice(at + 1)];
  });
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined));
}
