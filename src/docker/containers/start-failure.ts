import { ObjDockerError } from '../../errors.ts';
import type { FoundContainer } from './find.ts';

type Named = Pick<FoundContainer, 'id' | 'name'>;

/** The container is paused. The engine does not start a paused container. */
export function containerPaused({ id, name }: Named): ObjDockerError {
  return new ObjDockerError('INSTANCE_PAUSED', `cannot start container "${name}": it is paused`, {
    hint: `Unpause it: docker unpause ${name}`,
    details: { id, name },
  });
}

/** The engine could not start the container. */
export function startFailed({ id, name }: Named, engineMessage: string): ObjDockerError {
  const reason = readableReason(engineMessage);
  const { hint, exitCode } = adviceFor(reason, name);
  return new ObjDockerError('INSTANCE_START_FAILED', `cannot start container "${name}": ${reason}`, {
    hint,
    details: { id, name, ...(exitCode === undefined ? {} : { exitCode }) },
  });
}

interface EarlyExit {
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  /** Its restart policy makes the engine start it again. */
  readonly restarts: boolean;
  /** It was deleted at its exit (--rm), with its logs. */
  readonly deletesItself: boolean;
}

/** The engine started the container, and its process exited soon after. */
export function exitedAtStart(
  { id, name }: Named,
  { exitCode, outOfMemory, restarts, deletesItself }: EarlyExit,
): ObjDockerError {
  const why = outOfMemory ? ' (out of memory)' : '';
  const again = restarts ? '; its restart policy keeps starting it again' : '';
  return new ObjDockerError(
    'INSTANCE_START_FAILED',
    `container "${name}" exited right after its start with exit code ${exitCode}${why}${again}`,
    {
      hint: deletesItself
        ? 'Its logs are gone, because it was created with --rm: recreate it without --rm and read its logs.'
        : `Read its logs: objdocker logs ${name}`,
      details: { id, name, exitCode, outOfMemory },
    },
  );
}

/** The prefixes that the layers of the engine put before the reason. */
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

/** The reason in an engine message, without the prefixes of its layers. */
export function readableReason(engineMessage: string): string {
  let reason = engineMessage.trim();
  for (const wrapper of WRAPPERS) reason = reason.replace(wrapper, '');
  return reason.replace(/: unknown$/, '') || 'the engine gave no reason';
}

interface Advice {
  readonly hint: string;
  /** The exit code that a shell and the docker client use for this reason. */
  readonly exitCode?: number;
}

/** The reasons are the texts of Engine 20.10 and 26. */
function adviceFor(reason: string, name: string): Advice {
  if (/executable file not found|^exec: .*no such file or directory/i.test(reason)) {
    return { hint: 'Its image has no such program: recreate the container with another command.', exitCode: 127 };
  }
  if (/^exec: .*(permission denied|exec format error|is a directory)/i.test(reason)) {
    const hint = 'Make the program executable in the image, or recreate the container with another command.';
    return { hint, exitCode: 126 };
  }
  if (/port is already allocated|address already in use/i.test(reason)) {
    return {
      hint: "Another container (objdocker list) or a program on the engine's machine (ss -ltnp) uses this port: stop it.",
    };
  }
  if (/bind source path does not exist/i.test(reason)) {
    return { hint: "Create that path on the engine's machine." };
  }
  if (/network \S+ not found/i.test(reason)) {
    return { hint: 'Its network was deleted: recreate the container on another network.' };
  }
  if (/unable to find (user|group)/i.test(reason)) {
    return {
      hint: 'Its image has no such user or group: recreate the container with another one, or with a numeric id.',
    };
  }
  if (/marked for removal/i.test(reason)) {
    return { hint: `It is being deleted. If it stays in this state: objdocker delete --force ${name}` };
  }
  if (/no space left on device/i.test(reason))
    return { hint: "Free disk space on the engine's machine: docker system df" };
  return { hint: "Inspect the container (objdocker get) and read the engine's log." };
}
