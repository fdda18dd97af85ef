import { type ErrorCode, ObjDockerError } from '../../errors.ts';
import { EngineHttpError } from '../connection/engine-http.ts';
import type { CommandState, PreparedCommand } from './prepared-command.ts';

interface Subject {
  readonly container: string;
  readonly program: string;
  readonly user?: string | undefined;
  readonly workdir?: string | undefined;
}

interface Rule {
  readonly code: ErrorCode;
  readonly pattern: RegExp;
  readonly message: (subject: Subject) => string;
  readonly hint: (subject: Subject) => string;
}

/** Why a command could not be started, in the texts of the engine and of runc; the first that matches wins. */
const RULES: readonly Rule[] = [
  {
    code: 'INSTANCE_PAUSED',
    pattern: /is paused|paused container/i,
    message: ({ container }) => `container "${container}" is paused: nothing can be run in it`,
    hint: ({ container }) => `Let it go on first: docker unpause ${container}`,
  },
  {
    code: 'INSTANCE_NOT_RUNNING',
    pattern: /is not running|is restarting|stopped container|procReady not received|process already finished/i,
    message: ({ container }) => `container "${container}" does not run: nothing can be run in it`,
    hint: ({ container }) => `Start it first: objdocker start ${container}`,
  },
  {
    code: 'EXEC_NOT_EXECUTABLE',
    pattern: /chdir to cwd|current working directory|mkdir \S+: not a directory/i,
    message: ({ container, workdir }) => `container "${container}" has no folder "${workdir}" to work in`,
    hint: () => 'Give a folder that the container has, and that the user may enter.',
  },
  {
    code: 'EXEC_NOT_EXECUTABLE',
    pattern:
      /unable to find (user|group)|no (users|groups) found|no matching entries in (passwd|group)|uids? and gids? must be/i,
    message: ({ container, user }) => `container "${container}" has no user "${user}"`,
    hint: () => "Give a user (and group) of the container's own /etc/passwd and /etc/group, or numbers.",
  },
  {
    code: 'EXEC_NOT_EXECUTABLE',
    pattern: /argument list too long/i,
    message: ({ container, program }) =>
      `"${program}" cannot be run in container "${container}": its arguments are too long`,
    hint: () => 'One argument may have 128 KiB, all together a few MiB: hand the rest over as input.',
  },
  {
    code: 'EXEC_NOT_EXECUTABLE',
    pattern: /^exec \.{0,2}\/|exec format error|exec user process caused/,
    message: ({ container, program }) =>
      `"${program}" cannot be run in container "${container}": it is no program for this machine, or its interpreter is missing`,
    hint: () => 'Look at its first line (#!), its architecture, and the loader that it was linked with.',
  },
  {
    code: 'EXEC_NOT_FOUND',
    pattern: /executable file not found|stat .*: no such file or directory|exec: .*: no such file or directory/i,
    message: ({ container, program }) => `container "${container}" has no program "${program}"`,
    hint: () => 'Give its whole path when it is not on the PATH of the container.',
  },
  {
    code: 'EXEC_NOT_EXECUTABLE',
    pattern: /permission denied|is a directory/i,
    message: ({ container, program }) => `"${program}" cannot be run in container "${container}": permission denied`,
    hint: () => 'It must be a file, and its user must be allowed to execute it.',
  },
];

/** Why the engine did not start a command, by the text that it gives. */
export function explainStart(text: string, subject: Subject, cause?: unknown): ObjDockerError {
  const rule = RULES.find(({ pattern }) => pattern.test(text));
  if (rule !== undefined) {
    return new ObjDockerError(rule.code, rule.message(subject), { hint: rule.hint(subject), cause });
  }
  const reason = text.trim().slice(0, 500) || 'the engine gives no reason';
  return new ObjDockerError(
    'EXEC_NOT_EXECUTABLE',
    `"${subject.program}" cannot be run in container "${subject.container}": ${reason}`,
    { hint: "Look at the engine's log.", cause },
  );
}

/** An answer of the engine that says why it does not start a command; undefined for what is about something else. */
export function explainRefusal(error: unknown, subject: Subject): ObjDockerError | undefined {
  if (!(error instanceof EngineHttpError)) return undefined;
  if (error.status === 404) {
    return new ObjDockerError(
      'INSTANCE_NOT_FOUND',
      `container "${subject.container}" is gone: it was deleted in this moment`,
      {
        cause: error,
      },
    );
  }
  const known = error.status === 409 || RULES.some(({ pattern }) => pattern.test(error.message));
  return known || /OCI runtime/i.test(error.message) ? explainStart(error.message, subject, error) : undefined;
}

/** The container stopped in the very moment. */
export function stoppedBefore({ container, program }: PreparedCommand): ObjDockerError {
  return new ObjDockerError(
    'INSTANCE_NOT_RUNNING',
    `container "${container.name}" stopped before "${program}" was started in it`,
    { hint: `See why it stopped: objdocker logs ${container.name}` },
  );
}

/** The container stopped, and took the command with it. */
export function instanceStopped({ container, program }: PreparedCommand): ObjDockerError {
  return new ObjDockerError('INSTANCE_STOPPED', `container "${container.name}" stopped while "${program}" ran in it`, {
    hint: `See why it stopped: objdocker logs ${container.name}`,
  });
}

/** The connection broke while the command ran; `state` is what the engine says of it, if it still says anything. */
export function connectionLost(
  { container, program, engine }: PreparedCommand,
  cause: unknown,
  state: CommandState | undefined,
): ObjDockerError {
  const fate =
    state?.running === false
      ? 'The command has ended by now; the end of its output is missing.'
      : 'The command may still run there: look at the engine, then at the container.';
  return new ObjDockerError(
    'ENGINE_UNREACHABLE',
    `the connection to ${engine.description} was lost while "${program}" ran in container "${container.name}"`,
    {
      hint: fate,
      ...(state === undefined ? {} : { details: { running: state.running, pid: state.pid } }),
      cause,
    },
  );
}
