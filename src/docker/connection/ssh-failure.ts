import { ObjDockerError } from '../../errors.ts';
import { CommandStreamError } from '../../lib/process/command-stream.ts';

/** The failure of the ssh process among the causes of an error, or undefined. */
export function sshFailure(error: unknown): CommandStreamError | undefined {
  for (let link = error; link instanceof Error; link = link.cause) if (link instanceof CommandStreamError) return link;
  return undefined;
}

/** Makes the error for an engine that cannot be reached over ssh, with ssh's own message. */
export function explainSsh(error: CommandStreamError, at: string): ObjDockerError {
  const message = error.stderr.trim().split(/\r?\n/).slice(-3).join('; ');
  if (error.exitCode === undefined && error.cause !== undefined) {
    return failure(
      'COMMAND_NOT_FOUND',
      `cannot connect to ${at}: the program ssh cannot be run`,
      'Install ssh (Debian: openssh-client).',
      error,
    );
  }
  if (/permission denied|host key verification failed|too many authentication failures/i.test(message)) {
    return failure(
      'ENGINE_PERMISSION',
      `ssh cannot log in to ${at}: ${message}`,
      'Log in once with ssh: the server must accept your key (ssh-agent), and the host key must be known.',
      error,
    );
  }
  if (error.exitCode === 127) {
    return failure(
      'ENGINE_UNREACHABLE',
      `the host of ${at} has no docker command: ${message}`,
      'Install the docker CLI on that machine, on the PATH of a non-interactive shell.',
      error,
    );
  }
  return failure(
    'ENGINE_UNREACHABLE',
    `cannot reach ${at} over ssh: ${message || `ssh exited with code ${error.exitCode}`}`,
    'Try it by hand: ssh HOST docker system dial-stdio',
    error,
  );
}

function failure(code: ObjDockerError['code'], message: string, hint: string, cause: unknown): ObjDockerError {
  return new ObjDockerError(code, message, { hint, cause });
}
