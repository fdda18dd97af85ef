import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ObjDockerError } from '../../src/errors.ts';
import { createOperation } from '../../src/lib/operation.ts';
import type { OutputChunk } from '../../src/model/instance.ts';
import type { ExecuteOptions, Execution } from '../../src/substrate/obj-substrate.ts';

export interface ProcessContext {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Called with a function that ends the command. */
  readonly whenEnded: (end: (error: ObjDockerError) => void) => void;
}

type Deliver = (chunk: OutputChunk) => Promise<void>;

/** Runs a child process as an execution. Calls `prepare` when the process starts. */
export function execution(
  prepare: () => ProcessContext,
  command: readonly string[],
  options: ExecuteOptions,
): Execution {
  const limit = options.maxCollectedBytes ?? 10 * 1024 * 1024;
  let iterated = false;
  const operation = createOperation<OutputChunk, Awaited<Execution['result']>>(async ({ emit, signal }) => {
    const kept = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
    let truncated = false;
    const keep: Deliver = async ({ stream, data }) => {
      truncated ||= kept[stream].length + data.length > limit;
      kept[stream] = Buffer.concat([kept[stream], data.subarray(0, limit - kept[stream].length)]);
    };
    const exitCode = await run(prepare(), command, { ...options, signal }, iterated ? emit : keep);
    return { exitCode, ...kept, truncated, detached: false };
  }, options.signal);
  return {
    get result() {
      return operation.result;
    },
    [Symbol.asyncIterator]() {
      iterated = true;
      return operation[Symbol.asyncIterator]();
    },
    resize: async () => {},
  };
}

async function run(
  { folder, env, whenEnded }: ProcessContext,
  [program = '', ...args]: readonly string[],
  options: ExecuteOptions,
  deliver: Deliver,
): Promise<number> {
  const [uid, gid = uid] = options.user?.split(':').map(Number) ?? [];
  const child = spawn(program, args, {
    cwd: options.workdir ?? folder,
    env: { ...env, ...options.env },
    detached: true,
    ...(uid === undefined ? {} : { uid, gid }),
  });
  let reason: ObjDockerError | undefined;
  const end = (error: ObjDockerError): void => {
    reason ??= error;
    killGroup(child);
  };
  const abort = () => end(new ObjDockerError('CANCELLED', 'cancelled'));
  const exited = once(child, 'exit');
  exited.catch(() => {});
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw explain(program, error);
  }
  const { stdin = '', timeoutMs } = options;
  const input = typeof stdin === 'string' || stdin instanceof Uint8Array ? [stdin] : stdin;
  pipeline(Readable.from(input), child.stdin).catch(() => {});
  const timer = timeoutMs && setTimeout(() => end(new ObjDockerError('TIMEOUT', 'timed out')), timeoutMs);
  options.signal?.addEventListener('abort', abort);
  whenEnded(end);
  try {
    await Promise.all([take('stdout', child.stdout, deliver), take('stderr', child.stderr, deliver)]);
    const [code, signal] = await exited;
    if (reason !== undefined) throw reason;
    return code ?? 128 + (constants.signals[signal as NodeJS.Signals] ?? 0);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', abort);
  }
}

async function take(stream: OutputChunk['stream'], output: Readable, deliver: Deliver): Promise<void> {
  for await (const data of output) await deliver({ stream, data });
}

function explain(program: string, error: unknown): ObjDockerError {
  const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  return new ObjDockerError(missing ? 'EXEC_NOT_FOUND' : 'EXEC_NOT_EXECUTABLE', `cannot run "${program}"`, {
    hint: 'List the programs of the instance.',
    cause: error,
  });
}

/** Sends a signal to all processes of a group, by its leader. */
export function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // The group has already ended.
  }
}
