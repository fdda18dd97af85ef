import { ObjDockerError } from '../../errors.ts';
import type { ExecuteOptions } from '../../substrate/obj-substrate.ts';

/** The variable by which the processes of one command are found again, should it have to be ended. */
export const MARK = 'OBJDOCKER_EXEC_ID';

/**
 * Checks that a command reaches the container as it is written: the engine cuts text at a NUL and replaces half characters.
 *
 * @throws {ObjDockerError} EXEC_INVALID
 */
export function checkCommand(command: readonly string[], { user, workdir, env = {} }: ExecuteOptions): void {
  if (command.length === 0) throw invalid('there is no command', 'Give the program and its arguments.');
  if (command[0] === '') throw invalid('the program has an empty name', 'Give the program and its arguments.');
  for (const [index, word] of command.entries()) checkText(word, index === 0 ? 'the program' : `argument ${index}`);
  if (user !== undefined) checkText(user, 'the user');
  if (user === '') throw invalid('the user is empty', "Leave it away for the container's own user.");
  if (workdir !== undefined) checkText(workdir, 'the working folder');
  if (workdir !== undefined && !workdir.startsWith('/')) {
    throw invalid(`the working folder "${workdir}" is not absolute`, 'Begin it with "/".');
  }
  for (const [name, value] of Object.entries(env)) {
    checkText(name, 'the name of a variable');
    if (name === '' || name.includes('=')) {
      throw invalid(`"${name}" is no name of a variable`, 'A name is not empty and holds no "=".');
    }
    if (name === MARK)
      throw invalid(`the variable ${MARK} is taken`, 'Each command is marked with it: use another name.');
    checkText(value, `the variable ${name}`);
  }
}

function checkText(text: string, what: string): void {
  if (text.includes('\0'))
    throw invalid(`${what} holds a NUL`, 'No program can be given one: hand such data over as input.');
  if (!isWellFormed(text)) {
    throw invalid(`${what} holds half a character`, 'It has a lone surrogate, which is no text: correct or encode it.');
  }
}

// What TypeScript's library for Node 20 lacks the type of.
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function invalid(reason: string, hint: string): ObjDockerError {
  return new ObjDockerError('EXEC_INVALID', `cannot run this: ${reason}`, { hint });
}

/** The body of the request that prepares a command. */
export function createBody(command: readonly string[], options: ExecuteOptions, mark: string): Record<string, unknown> {
  const env = Object.entries({ ...options.env, [MARK]: mark });
  return {
    AttachStdin: options.stdin !== undefined,
    AttachStdout: true,
    AttachStderr: true,
    Tty: options.tty !== undefined,
    Env: env.map(([name, value]) => `${name}=${value}`),
    Cmd: command,
    ...(options.user === undefined ? {} : { User: options.user }),
    ...(options.workdir === undefined ? {} : { WorkingDir: options.workdir }),
  };
}

/** The body of the request that starts it. */
export function startBody({ tty }: ExecuteOptions, apiPath: string): Record<string, unknown> {
  return {
    Detach: false,
    Tty: tty !== undefined,
    ...(tty === undefined || !takesSize(apiPath) ? {} : { ConsoleSize: [tty.rows, tty.columns] }),
  };
}

/** Whether a terminal can be made in its size: since API 1.42. */
export function takesSize(apiPath: string): boolean {
  return Number(/\.(\d+)$/.exec(apiPath)?.[1]) >= 42;
}
