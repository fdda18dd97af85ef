import { homedir, hostname, tmpdir, userInfo } from 'node:os';
import { ObjDockerError } from '../errors.ts';
import { type EnvironmentVariables, type Exec, exec } from './process/exec.ts';

/** Environment variables, working folder, clock and programs. Tests and embedding programs may pass their own. */
export interface Environment {
  readonly env: EnvironmentVariables;
  readonly cwd: string;
  readonly home: string;
  /** The folder for temporary files. Each has mode 0700 or 0600 and is removed after use, also after a failure. */
  readonly temp: string;
  readonly exec: Exec;
  /** The names of the user and of the machine; undefined where there is none. */
  readonly machine: () => { readonly user: string | undefined; readonly host: string | undefined };
  readonly now: () => Date;
}

/**
 * The environment of this process. The working folder is read at each use: it may be deleted meanwhile.
 * The only code outside the CLI that reads `process`.
 */
export function systemEnvironment(): Environment {
  return {
    env: { ...process.env },
    get cwd() {
      return workingFolder();
    },
    home: homedir(),
    temp: tmpdir(),
    exec,
    machine: () => ({ user: userName(), host: hostname() || undefined }),
    now: () => new Date(),
  };
}

/** Undefined for a user id that the machine has no name for, as in a container. */
function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

function workingFolder(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new ObjDockerError('USAGE', 'the working folder does not exist any more', {
      hint: 'It was deleted or moved: change to another folder.',
      cause,
    });
  }
}
