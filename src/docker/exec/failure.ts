import { type ErrorCode, ObjDockerError } from '../../errors.ts';
import { EngineHttpError } from '../connection/http.ts';
import type { CommandState, PreparedCommand } from './prepared-command.ts';

interface ExecTarget {
  readonly container: string;
  readonly program: string;
  readonly user?: string | undefined;
  readonly workdir?: string | undefined;
}

interface Rule {
  readonly code: ErrorCode;
  readonly pattern: RegExp;
  readonly message: (target: ExecTarget) => string;
  readonly hint: (target: ExecTarget) => string;
}

/** Why a command could not be started, by the texts of the engine and of runc. The first match wins. */
const RULES: readonly Rule[] = [
  {
    code: 'INSTANCE_PAUSED',
    pattern: /is paused|paused container/i,
    message: ({ container }) => `container "${container}" is paused: it cannot run commands`,
    hint: ({ container }) => `Unpause it first: docker unpause ${container}`,
  },
  {
    code: 'INSTANCE_NOT_RUNNING',
    pattern: /is not running|is restarting|stopped container|procReady not received|process already finished/i,
    message: ({ container }) => `container "${container}" is not running: it cannot run commands`,
    hint: ({ container }) => `Start it first: objdocker start ${container}`,
  },
  {
    code: 'EXEC_NOT_EXECUTABLE',
    pattern: /chdir to cwd|current working directory|mkdir \S+: not a directory/i,
    message: ({ container, workdir }) => `container "${container}" has no working directory "${workdir}"`,
    hint: () => 'Pass a directory that exists in the container and that the user may enter.',
  },
  {
    code: 'EXEC_NOT_EXECUTABLE',
    pattern:
      /unable to find (user|group)|no (users|groups) found|no matching entries in (passwd|group)|uids? and gids? must be/i,
    message: ({ container, user }) => `container "${container}" has no user "${user}"`,
    hint: () => "Pass a user (and group) from the container's /etc/passwd and /etc/group, or numeric ids.",
  },
  {
    code: 'EXEC_NOT_EXECUTABLE',
    pattern: /argument list too long/i,
    message: ({ container, program }) =>
      `"${program}" cannot be run in container "${container}": its arguments are too long`,
    hint: () => 'Linux allows 128 KiB for one argument and a few MiB in total: pass the rest on standard input.',
  },
  {
    code: 'EXEC_NOT_EXECUTABLE',
    pattern: /^exec \.{0,2}\/|exec format error|exec user process caused/,
    message: ({ container, program }) =>
      `"${program}" cannot be run in container "${container}": it is not a program for this platform, or its interpreter is missing`,
    hint: () => 'Check its first line (#!), its architecture and its dynamic loader.',
  },
  {
    code: 'EXEC_NOT_FOUND',
    pattern: /executable file not found|stat .*: no such file or directory|exec: .*: no such file or directory/i,
    message: ({ container, program }) => `container "${container}" has no program "${program}"`,
    hint: () => "Pass its full path if it is not on the container's PATH.",
  },
  {
    code: 'EXEC_NOT_EXECUTABLE',
    pattern: /permission denied|is a directory/i,
    message: ({ container, program }) => `"${program}" cannot be run in container "${container}": permission denied`,
    hint: () => 'It must be a file that the user may execute.',
  },
];

/** Makes the error for a command that the engine could not start, from the engine's text. */
export function explainStart(text: string, target: ExecTarget, cause?: unknown): ObjDockerError {
  const rule = RULES.find(({ pattern }) => pattern.test(text));
  if (rule !== undefined) {
    return new ObjDockerError(rule.code, rule.message(target), { hint: rule.hint(target), cause });
  }
  const reason = text.trim().slice(0, 500) || 'the engine gave no reason';
  return new ObjDockerError(
    'EXEC_NOT_EXECUTABLE',
    `"${target.program}" cannot be run in container "${target.container}": ${reason}`,
    { hint: "Read the engine's log.", cause },
  );
}

/** Makes the error for an error response to a start; undefined when the response is about something else. */
export function explainErrorResponse(error: unknown, target: ExecTarget): ObjDockerError | undefined {
  if (!(error instanceof EngineHttpError)) return undefined;
  if (error.status === 404) {
    return new ObjDockerError(
      'INSTANCE_NOT_FOUND',
      `container "${target.container}" was deleted before the command started`,
      {
        cause: error,
      },
    );
  }
  const known = error.status === 409 || RULES.some(({ pattern }) => pattern.test(error.message));
  return known || /OCI runtime/i.test(error.message) ? explainStart(error.message, target, error) : undefined;
}

/** The container stopped between the request and the start of the command. */
export function stoppedBeforeStart({ container, program }: PreparedCommand): ObjDockerError {
  return new ObjDockerError(
    'INSTANCE_NOT_RUNNING',
    `container "${container.name}" stopped before "${program}" started in it`,
    { hint: `See why it stopped: objdocker logs ${container.name}` },
  );
}

/** The container stopped, which ended the command. */
export function instanceStopped({ container, program }: PreparedCommand): ObjDockerError {
  return new ObjDockerError(
    'INSTANCE_STOPPED',
    `container "${container.name}" stopped while "${program}" was running in it`,
    {
      hint: `See why it stopped: objdocker logs ${container.name}`,
    },
  );
}

/** The connection broke while the command ran. `state` is the command's state afterwards, when the engine still reports it. */
export function connectionLost(
  { container, program, engine }: PreparedCommand,
  cause: unknown,
  state: CommandState | undefined,
): ObjDockerError {
  const hint =
    state?.running === false
      ? 'The command has exited; the end of its output is missing.'
      : 'The command may still be running: check the engine, then the container.';
  return new ObjDockerError(
    'ENGINE_UNREACHABLE',
    `the connection to ${engine.description} was lost while "${program}" was running in container "${container.name}"`,
    {
      hint: hint,
      ...(state === undefined ? {} : { details: { running: state.running, pid: state.pid } }),
      cause,
    },
  );
}
