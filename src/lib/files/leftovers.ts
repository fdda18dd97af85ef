import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { getuid, kill, pid as ownPid } from 'node:process';
import { ObjDockerError } from '../../errors.ts';

/**
 * Temporary files and folders whose names say which process made them: `PREFIX` process id, its start time, the machine or
 * container, random. SIGKILL leaves them, with a password in some; the next process of the same user removes them.
 */

/**
 * Makes a folder of mode 0700 for a build's temporary files. Removes those that killed processes have left.
 *
 * @param temp the parent folder
 * @throws {ObjDockerError} BUILD_FAILED
 */
export async function makeTempFolder(temp: string, purpose: 'build' | 'docker'): Promise<string> {
  await removeLeftovers(temp, 'objdocker-');
  try {
    return await mkdtemp(join(temp, `objdocker-${purpose}-${owner()}-`));
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
    throw new ObjDockerError('BUILD_FAILED', `cannot create a folder for temporary files in ${temp}: ${reason}`, {
      hint: 'Free space there, or set TMPDIR to a folder that you may write to.',
      cause,
    });
  }
}

/** A new name for a temporary file beside `path`. Removes those that killed processes have left for the same path. */
export async function temporaryNameFor(path: string): Promise<string> {
  const prefix = `.${basename(path).slice(0, 150)}.`;
  await removeLeftovers(dirname(path), prefix);
  return join(dirname(path), `${prefix}${owner()}-${randomUUID().slice(0, 8)}`);
}

/** Never fails: what cannot be listed or removed stays for the next process. */
async function removeLeftovers(folder: string, prefix: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(prefix)) continue;
    const path = join(folder, name);
    if (isLeftover(name) && (await isOwn(path))) await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

const OWNED = /[-.](?<pid>\d+)-(?<start>\d+)-(?<place>[0-9a-f]{8})-[^-]+$/;

/** Whether the process that made the file is gone. Of a process elsewhere nothing is known: in a container, on another machine. */
function isLeftover(name: string): boolean {
  const { pid, start, place } = OWNED.exec(name)?.groups ?? {};
  return pid !== undefined && place === ownPlace() && !isRunning(Number(pid), start ?? UNKNOWN);
}

async function isOwn(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found !== undefined && (getuid === undefined || found.uid === getuid());
}

function owner(): string {
  return `${ownPid}-${readStat(ownPid)?.start ?? UNKNOWN}-${ownPlace()}`;
}

/** The start time where /proc does not tell. */
const UNKNOWN = '0';

/** The machine, and on Linux the process namespace: in another one the same id is another process. */
function ownPlace(): string {
  const namespace = readOrUndefined(() => readlinkSync('/proc/self/ns/pid')) ?? '';
  return createHash('sha256').update(`${hostname()}\0${namespace}`).digest('hex').slice(0, 8);
}

function isRunning(pid: number, start: string): boolean {
  if (start !== UNKNOWN) {
    const stat = readStat(pid);
    // The id may be in use again. A zombie is a process that was killed.
    return stat !== undefined && stat.start === start && stat.state !== 'Z' && stat.state !== 'X';
  }
  try {
    return kill(pid, 0);
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

/** The state of a process and when it started, in ticks since the boot (proc(5)); undefined without the process or /proc. */
function readStat(pid: number): { readonly state: string; readonly start: string } | undefined {
  const text = readOrUndefined(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The name before the last bracket may contain anything.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, start] = [fields?.[0], fields?.[19]];
  return state === undefined || start === undefined ? undefined : { state, start };
}

function readOrUndefined(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
