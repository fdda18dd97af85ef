import { createHash } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { platform as currentPlatform } from 'node:os';
import { join } from 'node:path';
import { pid } from 'node:process';
import { ObjDockerError } from '../../errors.ts';
import { asText, parseObject } from '../../lib/json.ts';
import { cancelled, throwIfCancelled } from '../../lib/operation.ts';
import { pause } from '../../lib/retry.ts';
import { readStagingTag } from '../promotion/staging-tag.ts';
import { removeStale } from './lock-file.ts';

export interface TurnOptions {
  /** The id of the run that wants its turn, told to those that wait for it. */
  readonly run: string;
  /** A folder for sockets where they are files. */
  readonly temp: string;
  readonly signal: AbortSignal;
  /** Told once when somebody else is first. */
  readonly onWaiting: (message: string) => void;
  /** @default the system's */
  readonly platform?: NodeJS.Platform | undefined;
}

/** How long to wait before trying again where the other one's end cannot be waited for. */
const AGAIN_MS = 500;

/**
 * Waits until nobody else on this machine does what `key` names, and holds the turn until it is disposed of.
 *
 * The turn is a socket that is listened on: the kernel takes it away with its process, however that ends, and wakes those that
 * have connected to wait. On Linux its name is an abstract one and no file; on Windows a pipe.
 *
 * @throws {ObjDockerError} CANCELLED; OUTPUT_FAILED when no such socket can be made.
 */
export async function takeTurn(key: readonly string[], options: TurnOptions): Promise<AsyncDisposable> {
  const { signal, onWaiting } = options;
  const place = placeOf(key, options);
  let told = false;
  for (;;) {
    const turn = await listen(place, options.run);
    if (turn !== undefined) return turn;
    throwIfCancelled(signal);
    const began = performance.now();
    const outcome = await waitForOther(place, signal, (message) => {
      if (!told) onWaiting(message);
      told = true;
    });
    if (outcome === 'nobody' && place.isFile) await removeStale(place.path);
    // Somebody who is not of ours may close every connection at once.
    if (outcome === 'refused' || performance.now() - began < AGAIN_MS) await pause(AGAIN_MS * Math.random(), signal);
  }
}

interface Place {
  readonly path: string;
  readonly isFile: boolean;
}

function placeOf(key: readonly string[], { temp, platform = currentPlatform() }: TurnOptions): Place {
  const name = `objdocker-${createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 24)}`;
  if (platform === 'linux') return { path: `\0${name}`, isFile: false };
  if (platform === 'win32') return { path: `\\\\.\\pipe\\${name}`, isFile: false };
  return { path: join(temp, `${name}.sock`), isFile: true };
}

/** Undefined when somebody else listens there. */
function listen({ path, isFile }: Place, run: string): Promise<AsyncDisposable | undefined> {
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
    // First the name, then those that wait for it.
    server.close(() => resolve());
    for (const socket of waiting) socket.destroy();
  });
}

function cannotListen(name: string, cause: NodeJS.ErrnoException): ObjDockerError {
  return new ObjDockerError(
    'OUTPUT_FAILED',
    `cannot take turns with other runs on this machine: listening on the socket ${name} failed: ${cause.code}`,
    { hint: 'Let the process make unix sockets; a sandbox or a container profile may forbid it.', cause },
  );
}

/** How long the other one has to say who it is. */
const INTRODUCTION_MS = 1_000;

/**
 * Waits until the one who listens is gone.
 *
 * @returns `nobody` when nobody listens any more, `refused` when the end cannot be waited for
 */
function waitForOther(
  { path }: Place,
  signal: AbortSignal,
  tell: (message: string) => void,
): Promise<'gone' | 'nobody' | 'refused'> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    let said = '';
    const introduce = (): void => tell(introduction(said));
    const timer = setTimeout(introduce, INTRODUCTION_MS);
    const abort = (): void => {
      socket.destroy();
      reject(cancelled(signal));
    };
    const end = (outcome: 'gone' | 'nobody' | 'refused'): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      socket.destroy();
      resolve(outcome);
    };
    signal.addEventListener('abort', abort, { once: true });
    socket.on('data', (chunk) => {
      if (said.length < LONGEST_INTRODUCTION) said += chunk.toString('utf8');
      if (!said.includes('\n')) return;
      clearTimeout(timer);
      introduce();
    });
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ECONNREFUSED' || code === 'ENOENT') return end('nobody');
      if (code === 'ECONNRESET' || code === 'EPIPE') return end('gone');
      introduce();
      end('refused');
    });
    socket.on('close', () => end('gone'));
  });
}

const LONGEST_INTRODUCTION = 1_000;

/** Anybody may listen there: of what is said only what can be nothing else is believed. */
function introduction(said: string): string {
  const words = parseObject(said.slice(0, said.indexOf('\n')));
  const run = asText(words?.run);
  if (run === undefined || readStagingTag(run) === undefined || !Number.isSafeInteger(words?.pid)) {
    return 'waiting for another program on this machine, which does not say that it is a run of objdocker';
  }
  return `waiting for another run of the package on this machine: ${run}, process ${words?.pid}`;
}
