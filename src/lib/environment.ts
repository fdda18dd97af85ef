import { homedir, tmpdir } from 'node:os';
import { ObjDockerError } from '../errors.ts';
import { type EnvironmentVariables, type Exec, exec } from './process/exec.ts';

/** What the library needs of the machine it runs on. Tests and embedders hand in their own; the default is the real one. */
export interface Environment {
  readonly env: EnvironmentVariables;
  readonly cwd: string;
  readonly home: string;
  /** Where short-lived files go; each is made with mode 0700 or 0600 and removed on every way out. */
  readonly temp: string;
  readonly exec: Exec;
  readonly now: () => Date;
}

/**
 * The process's own environment, read when called; the working folder is read when it is used, and may be gone by then.
 * The one place outside the CLI that looks at `process`.
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
    now: () => new Date(),
  };
}

function workingFolder(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new ObjDockerError('USAGE', 'the working folder is not there any more', {
      hint: 'Somebody deleted or moved it: go to another folder.',
      cause,
    });
  }
}
