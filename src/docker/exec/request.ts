import { ObjDockerError } from '../../errors.ts';
import type { ExecuteOptions } from '../../substrate/obj-substrate.ts';

/** The environment variable that marks all processes of one command, so that they can be found and ended. */
export const EXEC_ID_VARIABLE = 'OBJDOCKER_EXEC_ID';

/**
 * Checks that a command will reach the container unchanged: the engine cuts text at a NUL and replaces lone surrogates.
 *
 * @throws {ObjDockerError} EXEC_INVALID
 */
export function checkCommand(command: readonly string[], { user, workdir, env = {} }: ExecuteOptions): void {
  if (command.length === 0) throw invalid('no command was given', 'Pass the program and its arguments.');
  if (command[0] === '') throw invalid('the program name is empty', 'Pass the program and its arguments.');
  for (const [index, word] of command.entries()) checkText(word, index === 0 ? 'the program' : `argument ${index}`);
  if (user !== undefined) checkText(user, 'the user');
  if (user === '') throw invalid('the user is empty', "Omit it to use the container's own user.");
  if (workdir !== undefined) checkText(workdir, 'the working directory');
  if (workdir !== undefined && !workdir.startsWith('/')) {
    throw invalid(`the working directory "${workdir}" is not absolute`, 'Start it with "/".');
  }
  for (const [name, value] of Object.entries(env)) {
    checkText(name, 'the name of an environment variable');
    if (name === '' || name.includes('=')) {
      throw invalid(`"${name}" is not a name for an environment variable`, 'A name is not empty and has no "=".');
    }
    if (name === EXEC_ID_VARIABLE)
      throw invalid(
        `the environment variable ${EXEC_ID_VARIABLE} is reserved`,
        'ObjDocker marks commands with it: use another name.',
      );
    checkText(value, `the environment variable ${name}`);
  }
}

function checkText(text: string, what: string): void {
  if (text.includes('\0'))
    throw invalid(
      `${what} contains a NUL byte`,
      'Programs cannot receive one in an argument: pass the data on standard input.',
    );
  if (!isWellFormed(text)) {
    throw invalid(`${what} contains a lone surrogate`, 'That is half a character: correct or encode the text.');
  }
}

// String.prototype.isWellFormed, which TypeScript's library for Node 20 does not declare.
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function invalid(reason: string, hint: string): ObjDockerError {
  return new ObjDockerError('EXEC_INVALID', `cannot run the command: ${reason}`, { hint });
}

/** The body of `POST /containers/{id}/exec`. */
export function createBody(command: readonly string[], options: ExecuteOptions, mark: string): Record<string, unknown> {
  const env = Object.entries({ ...options.env, [EXEC_ID_VARIABLE]: mark });
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

/** The body of `POST /exec/{id}/start`. */
export function startBody({ tty }: ExecuteOptions, apiPath: string): Record<string, unknown> {
  return {
    Detach: false,
    Tty: tty !== undefined,
    ...(tty === undefined || !takesSize(apiPath) ? {} : { ConsoleSize: [tty.rows, tty.columns] }),
  };
}

/** Whether the engine takes the size of a terminal at the start: since API 1.42. */
export function takesSize(apiPath: string): boolean {
  return Number(/\.(\d+)$/.exec(apiPath)?.[1]) >= 42;
}
