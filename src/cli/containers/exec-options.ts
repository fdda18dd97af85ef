import { ObjDockerError } from '../../errors.ts';
import type { EnvironmentVariables } from '../../lib/process/exec.ts';
import { timeSpanOf } from '../framework/duration.ts';
import type { InputStream } from '../framework/input.ts';
import { type GivenOptions, isOn, quoted, textOf, textsOf } from '../framework/option-values.ts';

/** How `exec` is to run its command. */
export interface ExecOptions {
  readonly interactive: boolean;
  readonly tty: boolean;
  readonly user: string | undefined;
  readonly workdir: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number | undefined;
}

/** What the flags depend on. */
interface ExecSurroundings {
  readonly env: EnvironmentVariables;
  readonly json: boolean;
  readonly stdin: InputStream;
}

/**
 * Reads the flags of `exec`.
 *
 * @throws {ObjDockerError} USAGE
 */
export function readExecOptions(given: GivenOptions, { env, json, stdin }: ExecSurroundings): ExecOptions {
  const [interactive, tty] = [isOn(given, 'interactive'), isOn(given, 'tty')];
  if (tty && json)
    throw new ObjDockerError('USAGE', '--json and --tty exclude each other: a terminal’s output is no answer', {
      hint: 'Leave one of them away; with --json the command’s output is in the document.',
    });
  if (tty && interactive && stdin.isTTY !== true)
    throw new ObjDockerError('USAGE', 'standard input is not a terminal', {
      hint: 'Leave -t away: with -i alone the command reads what is piped in.',
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

/** NAME=VALUE as it is; NAME with the value that it has here, and without one not at all, as docker does it. */
function readVariables(given: readonly string[], env: EnvironmentVariables): Record<string, string> {
  const pairs = given.map((text): [string, string | undefined] => {
    const at = text.indexOf('=');
    const name = at === -1 ? text : text.slice(0, at);
    if (name === '')
      throw new ObjDockerError('USAGE', `--env ${quoted(text)} names no variable`, {
        hint: 'Give NAME=VALUE, or NAME for the value that it has here.',
      });
    return [name, at === -1 ? env[name] : text.slice(at + 1)];
  });
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined));
}
