import { ObjDockerError } from '../../errors.ts';
import type { FoundContainer } from './find.ts';

type Named = Pick<FoundContainer, 'id' | 'name'>;

/** For a container that gets no time: starting it does nothing, and the engine refuses to. */
export function paused({ id, name }: Named): ObjDockerError {
  return new ObjDockerError('INSTANCE_PAUSED', `container "${name}" is paused`, {
    hint: `Let it go on: docker unpause ${name}`,
    details: { id, name },
  });
}

/** The engine's reason for not starting a container, as an error with what to do about it. */
export function cannotStart({ id, name }: Named, said: string): ObjDockerError {
  const reason = plainReason(said);
  const { hint, exitCode } = adviceFor(reason, name);
  return new ObjDockerError('INSTANCE_START_FAILED', `cannot start container "${name}": ${reason}`, {
    hint,
    details: { id, name, ...(exitCode === undefined ? {} : { exitCode }) },
  });
}

interface AtOnce {
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  /** Its restart policy has the engine start it again. */
  readonly restarts: boolean;
  /** It is gone, and its logs with it. */
  readonly deletesItself: boolean;
}

/** For a container that the engine started, and whose process did not last. */
export function endedAtOnce(
  { id, name }: Named,
  { exitCode, outOfMemory, restarts, deletesItself }: AtOnce,
): ObjDockerError {
  const why = outOfMemory ? ', for want of memory' : '';
  const again = restarts ? '; the engine goes on starting it again' : '';
  return new ObjDockerError(
    'INSTANCE_START_FAILED',
    `container "${name}" ended at once with exit code ${exitCode}${why}${again}`,
    {
      hint: deletesItself
        ? 'It deleted itself then (--rm): make it anew without that, and see what it says.'
        : `See what it said: objdocker logs ${name}`,
      details: { id, name, exitCode, outOfMemory },
    },
  );
}

/** What each part of the engine puts before the reason of the one below it. */
const WRAPPERS = [
  /^failed to create task for container: /,
  /^failed to create shim task: /,
  /^OCI runtime create failed: /,
  /^runc create failed: /,
  /^unable to start container process: /,
  /^error during container init: /,
  /^failed to set up container networking: /,
  /^driver failed programming external connectivity on endpoint \S+ \([0-9a-f]+\): /i,
] as const;

/** What is left of the engine's words when all is taken away that only its makers understand. */
export function plainReason(said: string): string {
  let reason = said.trim();
  for (const wrapper of WRAPPERS) reason = reason.replace(wrapper, '');
  return reason.replace(/: unknown$/, '') || 'the engine gives no reason';
}

interface Advice {
  readonly hint: string;
  /** What a shell and docker have for it. */
  readonly exitCode?: number;
}

/** Reasons as Engine 20.10 and 26 word them. */
function adviceFor(reason: string, name: string): Advice {
  if (/executable file not found|^exec: .*no such file or directory/i.test(reason)) {
    return { hint: 'Its image has no such program: make the container anew with another command.', exitCode: 127 };
  }
  if (/^exec: .*(permission denied|exec format error|is a directory)/i.test(reason)) {
    const hint = 'That is no program that can be run: make it executable in the image, or give another command.';
    return { hint, exitCode: 126 };
  }
  if (/port is already allocated|address already in use/i.test(reason)) {
    return {
      hint: "Another container has this port (objdocker list), or a program on the engine's machine (ss -ltnp).",
    };
  }
  if (/bind source path does not exist/i.test(reason)) {
    return { hint: "Make that path on the engine's machine, which it is mounted from." };
  }
  if (/network \S+ not found/i.test(reason)) {
    return { hint: 'Its network was deleted: make the container anew on another one.' };
  }
  if (/unable to find (user|group)/i.test(reason)) {
    return { hint: 'Its image has no such user or group: make the container anew with another one, or with a number.' };
  }
  if (/marked for removal/i.test(reason)) {
    return { hint: `It is being deleted; when it stays so: objdocker delete --force ${name}` };
  }
  if (/no space left on device/i.test(reason)) return { hint: "Free some space on the engine's machine." };
  return { hint: "Look at the container (objdocker get) and at the engine's log." };
}
