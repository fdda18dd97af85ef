import { createHash, randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { platform as currentPlatform } from 'node:os';
import { join } from 'node:path';
import { pid } from 'node:process';
import { ObjDockerError } from '../../errors.ts';
import { asText, parseObject } from '../../lib/json.ts';
import { cancelled, throwIfCancelled } from '../../lib/operation.ts';
import { pause } from '../../lib/poll.ts';
import { parseStagingTag } from '../../release/staging-tag.ts';

export interface LockOptions {
  /** The id of the run that wants the lock; the runs that wait for it see the id. */
  readonly run: string;
  /** The folder of the sockets, on platforms where a socket is a file. */
  readonly temp: string;
  readonly signal: AbortSignal;
  /** Called once when another process holds the lock. */
  readonly onWaiting: (message: string) => void;
  /** @default the system's */
  readonly platform?: NodeJS.Platform | undefined;
}

/** The wait before another attempt when the end of the holder cannot be observed. */
const RETRY_MS = 500;

/**
 * Waits for the lock that `key` names, which one process of this machine can hold, and holds it until it is disposed of.
 *
 * The lock is a listening socket. The kernel closes it when the process ends for any reason, and that wakes the processes that have
 * connected to wait. On Linux the socket has an abstract name and no file; on Windows it is a pipe.
 *
 * @throws {ObjDockerError} CANCELLED; OUTPUT_FAILED when the socket cannot be created.
 */
export async function acquireLock(key: readonly string[], options: LockOptions): Promise<AsyncDisposable> {
  const { signal, onWaiting } = options;
  const address = addressOf(key, options);
  let reported = false;
  for (;;) {
    const lock = await listen(address, options.run);
    if (lock !== undefined) return lock;
    throwIfCancelled(signal);
    const start = performance.now();
    const outcome = await waitForHolder(address, signal, (message) => {
      if (!reported) onWaiting(message);
      reported = true;
    });
    if (outcome === 'stale' && address.isFile) await removeStale(address.path);
    // A program that is not objdocker may close every connection at once.
    if (outcome === 'refused' || performance.now() - start < RETRY_MS) await pause(RETRY_MS * Math.random(), signal);
  }
}

interface SocketAddress {
  readonly path: string;
  readonly isFile: boolean;
}

function addressOf(key: readonly string[], { temp, platform = currentPlatform() }: LockOptions): SocketAddress {
  const name = `objdocker-${createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 24)}`;
  if (platform === 'linux') return { path: `\0${name}`, isFile: false };
  if (platform === 'win32') return { path: `\\\\.\\pipe\\${name}`, isFile: false };
  return { path: join(temp, `${name}.sock`), isFile: true };
}

/** Undefined when another process listens there. */
function listen({ path, isFile }: SocketAddress, run: string): Promise<AsyncDisposable | undefined> {
  const waiting = new Set<Socket>();
  const server = createServer((socket) => {
    waiting.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => waiting.delete(socket));
    socket.unref();
    socket.write(`${JSON.stringify({ pid, run })}\n`);
  });
  return new Promise((resolve, reject) => {
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(cannotListen(isFile ? path : path.replace('\0', '@'), error));
    });
    server.listen({ path, exclusive: true }, () => {
      server.unref();
      resolve({ [Symbol.asyncDispose]: () => release(server, waiting) });
    });
  });
}

function release(server: Server, waiting: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    // Free the name before waking those that wait for it.
    server.close(() => resolve());
    for (const socket of waiting) socket.destroy();
  });
}

function cannotListen(name: string, cause: NodeJS.ErrnoException): ObjDockerError {
  return new ObjDockerError(
    'OUTPUT_FAILED',
    `cannot lock out other runs on this machine: listening on the socket ${name} failed: ${cause.code}`,
    { hint: 'Allow the process to create unix sockets; a sandbox or a container profile may forbid it.', cause },
  );
}

/** How long the holder has to identify itself. */
const GREETING_MS = 1_000;

const MAX_GREETING_LENGTH = 1_000;

/**
 * Waits until the holder of the lock is gone.
 *
 * @returns `stale` when no process listens any more, `refused` when the end of the holder cannot be observed
 */
function waitForHolder(
  { path }: SocketAddress,
  signal: AbortSignal,
  report: (message: string) => void,
): Promise<'gone' | 'stale' | 'refused'> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    let greeting = '';
    const reportHolder = (): void => report(describeHolder(greeting));
    const timer = setTimeout(reportHolder, GREETING_MS);
    const abort = (): void => {
      socket.destroy();
      reject(cancelled(signal));
    };
    const end = (outcome: 'gone' | 'stale' | 'refused'): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      socket.destroy();
      resolve(outcome);
    };
    signal.addEventListener('abort', abort, { once: true });
    socket.on('data', (chunk) => {
      if (greeting.length < MAX_GREETING_LENGTH) greeting += chunk.toString('utf8');
      if (!greeting.includes('\n')) return;
      clearTimeout(timer);
      reportHolder();
    });
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ECONNREFUSED' || code === 'ENOENT') return end('stale');
      if (code === 'ECONNRESET' || code === 'EPIPE') return end('gone');
      reportHolder();
      end('refused');
    });
    socket.on('close', () => end('gone'));
  });
}

/** Any program may listen there: show its greeting only if it has exactly the expected form. */
function describeHolder(greeting: string): string {
  // It is busy, or has no time to greet.
  if (greeting === '') return 'waiting for another run of the package on this machine';
  const words = parseObject(greeting.slice(0, greeting.indexOf('\n')));
  const run = asText(words?.run);
  if (run === undefined || parseStagingTag(run) === undefined || !Number.isSafeInteger(words?.pid)) {
    return 'waiting for another program on this machine that holds the lock and is not objdocker';
  }
  return `waiting for another run of the package on this machine: ${run}, process ${words?.pid}`;
}

/**
 * Removes the socket file that a killed process has left. Several processes may do so at once: each moves the file away first, and
 * moves it back when a process still listens on it.
 */
async function removeStale(path: string): Promise<void> {
  const aside = `${path}.${randomUUID().slice(0, 8)}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  if (await isListening(aside)) await rename(aside, path).catch(() => {});
  else await rm(aside, { force: true });
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
