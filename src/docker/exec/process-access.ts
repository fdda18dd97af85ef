import { readdir, readFile } from 'node:fs/promises';
import { kill } from 'node:process';
import { text } from 'node:stream/consumers';
import { asText } from '../../lib/json.ts';
import { FrameReader } from './frames.ts';
import type { PreparedCommand } from './prepared-command.ts';
import { EXEC_ID_VARIABLE } from './request.ts';

export type EndSignal = 'TERM' | 'KILL' | '0';

/** A way to signal the processes of one command. The Engine API has none. */
export interface ProcessAccess {
  /** Signals all processes of the command and returns their number; `0` only counts. Throws where this way does not work. */
  signal(signal: EndSignal): Promise<number>;
}

/**
 * Signals the command's processes as processes of this machine. Works when the engine is local and the user may signal them.
 * They are found by the command's marker; the first process also by the container id in its cgroup, in case it changed its
 * environment.
 */
export function localProcesses(command: PreparedCommand, pid: number | undefined): ProcessAccess {
  return {
    async signal(signal) {
      if (command.engine.endpoint.address.kind !== 'unix') throw new Error('the engine may be on another machine');
      const found = new Set(await markedProcesses(command.marker));
      if (pid !== undefined && (await isInContainer(pid, command.container.id))) found.add(pid);
      let count = 0;
      for (const process of found) count += sendSignal(process, signal);
      return count;
    },
  };
}

async function markedProcesses(marker: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const marked = await Promise.all(
    pids.map((pid) => fileContains(`/proc/${pid}/environ`, `${EXEC_ID_VARIABLE}=${marker}`)),
  );
  return pids.filter((_, index) => marked[index]).map(Number);
}

async function isInContainer(pid: number, containerId: string): Promise<boolean> {
  // A zombie has neither environment nor program, and ignores every signal.
  const [inContainer, isZombie] = await Promise.all([
    fileContains(`/proc/${pid}/cgroup`, containerId),
    fileContains(`/proc/${pid}/stat`, ') Z '),
  ]);
  return inContainer && !isZombie;
}

async function fileContains(path: string, part: string): Promise<boolean> {
  return readFile(path).then(
    (content) => content.includes(part),
    () => false,
  );
}

function sendSignal(pid: number, signal: EndSignal): number {
  try {
    kill(pid, signal === '0' ? 0 : `SIG${signal}`);
    return 1;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return 0;
    throw error;
  }
}

/**
 * Needs only a shell. Searches the environments that it may read for the marker ($1), sends the signal ($2) to those
 * processes, and prints their number. It does not carry the marker itself.
 */
const SCRIPT = `n=0
for folder in /proc/[0-9]*; do
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in *"${EXEC_ID_VARIABLE}=$1"*) kill -s "$2" "\${folder#/proc/}" && n=$((n+1));; esac
  done <"$folder/environ"
done 2>/dev/null
echo "found $n"`;

/** The script prints one line; a container that replaces its shell may print anything. */
const OUTPUT_LIMIT = 64 * 1024;

interface ContainerAccessOptions {
  /** Use the command's own user: even root may not read the environment of other users' processes everywhere. */
  readonly user: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Signals the command's processes with a second command in the same container. It runs the container's own shell without
 * extra rights: a privileged command would see all processes of the machine, and could break out of the container.
 */
export function containerProcesses(command: PreparedCommand, options: ContainerAccessOptions): ProcessAccess {
  const { engine, container, marker } = command;
  return {
    async signal(signal) {
      const request = { signal: options.signal, timeoutMs: 3_000 };
      const created = await engine.http.json(`${engine.apiPath}/containers/${container.id}/exec`, {
        ...request,
        method: 'POST',
        body: {
          AttachStdout: true,
          Cmd: ['sh', '-c', SCRIPT, 'sh', marker, signal],
          ...(options.user === undefined ? {} : { User: options.user }),
        },
      });
      const connection = await engine.http.upgrade(`${engine.apiPath}/exec/${asText(created.Id)}/start`, {
        ...request,
        body: { Detach: false, Tty: false },
      });
      const abort = () => connection.destroy();
      options.signal.addEventListener('abort', abort, { once: true });
      try {
        const output = await text(readOutput(connection));
        const count = /^found (\d+)$/m.exec(output)?.[1];
        if (count === undefined)
          throw new Error(`the container has no shell to search for processes: ${output.trim()}`);
        return Number(count);
      } finally {
        options.signal.removeEventListener('abort', abort);
        connection.destroy();
      }
    },
  };
}

async function* readOutput(connection: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const frames = new FrameReader();
  let left = OUTPUT_LIMIT;
  for await (const bytes of connection) {
    for (const { data } of frames.read(bytes)) yield Buffer.from(data);
    left -= bytes.length;
    if (left < 0) return;
  }
}
