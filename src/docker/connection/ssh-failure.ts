import { ObjDockerError } from '../../errors.ts';
import { CommandStreamError } from '../../lib/process/command-stream.ts';

/** The end of ssh among the causes of an error, or undefined. */
export function sshFailure(error: unknown): CommandStreamError | undefined {
  for (let link = error; link instanceof Error; link = link.cause) if (link instanceof CommandStreamError) return link;
  return undefined;
}

/** Why an engine could not be reached over ssh: ssh's own words, and what to do. */
export function explainSsh(error: CommandStreamError, at: string): ObjDockerError {
  const said = error.stderr.trim().split(/\r?\n/).slice(-3).join('; ');
  if (error.exitCode === undefined && error.cause !== undefined) {
    return failure(
      'COMMAND_NOT_FOUND',
      `${at} needs the program ssh, which cannot be run`,
      'Install openssh-client.',
      error,
    );
  }
  if (/permission denied|host key verification failed|too many authentication failures/i.test(said)) {
    return failure(
      'ENGINE_PERMISSION',
      `ssh cannot log in to ${at}: ${said}`,
      'Log in once by hand with ssh: the key must be accepted (ssh-agent) and the host known.',
      error,
    );
  }
  if (error.exitCode === 127) {
    return failure(
      'ENGINE_UNREACHABLE',
      `there is no docker program at ${at}: ${said}`,
      'Install the docker CLI on that machine, on the PATH of a non-interactive shell.',
      error,
    );
  }
  return failure(
    'ENGINE_UNREACHABLE',
    `${at} cannot be reached over ssh: ${said || `ssh ended with exit code ${error.exitCode}`}`,
    'Try by hand: ssh HOST docker system dial-stdio',
    error,
  );
}

function failure(code: ObjDockerError['code'], message: string, hint: string, cause: unknown): ObjDockerError {
  return new ObjDockerError(code, message, { hint, cause });
}
