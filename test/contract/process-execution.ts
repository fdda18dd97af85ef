import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ObjDockerError } from '../../src/errors.ts';
import type { OutputChunk } from '../../src/instance.ts';
import type { ExecuteOptions, Execution, ExecutionResult } from '../../src/substrate/obj-substrate.ts';

export interface Surroundings {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Called with what ends a command from outside. */
  readonly whenEnded: (end: (error: ObjDockerError) => void) => void;
}

/** A child process as an execution: its output is pulled, never pushed. */
export function execution(prepare: () => Surroundings, command: readonly string[], options: ExecuteOptions): Execution {
  let settle: { resolve(result: ExecutionResult): void; reject(error: unknown): void } | undefined;
  const outcome = new Promise<ExecutionResult>((resolve, reject) => {
    settle = { resolve, reject };
  });
  outcome.catch(() => {});
  let started = false;

  async function* iterate(collect: (chunk: OutputChunk) => void, result: () => Omit<ExecutionResult, 'exitCode'>) {
    started = true;
    try {
      const output = run(prepare(), command, options);
      let next = await output.next();
      try {
        for (; !next.done; next = await output.next()) {
          collect(next.value);
          yield next.value;
        }
      } finally {
        if (!next.done) await output.return(0);
      }
      settle?.resolve({ exitCode: next.value, ...result() });
    } catch (error) {
      settle?.reject(error);
      throw error;
    } finally {
      settle?.reject(new ObjDockerError('CANCELLED', 'the loop was left'));
    }
  }

  return {
    get result() {
      if (!started) void drain(iterate(...collector(options.maxCollectedBytes)));
      return outcome;
    },
    [Symbol.asyncIterator]: () => iterate(...collector(0, false)),
    resize: async () => {},
  };
}

async function drain(output: AsyncIterable<OutputChunk>): Promise<void> {
  try {
    for await (const _ of output);
  } catch {
    // The result has it.
  }
}

function collector(limit = 10 * 1024 * 1024, keep = true) {
  const kept = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  let truncated = false;
  const collect = ({ stream, data }: OutputChunk): void => {
    if (!keep) return;
    truncated ||= kept[stream].length + data.length > limit;
    kept[stream] = Buffer.concat([kept[stream], data.subarray(0, limit - kept[stream].length)]);
  };
  return [collect, () => ({ ...kept, truncated, detached: false })] as const;
}

async function* run(
  { folder, env, whenEnded }: Surroundings,
  [program = '', ...args]: readonly string[],
  options: ExecuteOptions,
): AsyncGenerator<OutputChunk, number> {
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
  const closed = once(child, 'close');
  closed.catch(() => {});
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw explain(program, error);
  }
  const stdin =
    typeof options.stdin === 'string' || options.stdin instanceof Uint8Array ? [options.stdin] : options.stdin;
  pipeline(Readable.from(stdin ?? []), child.stdin).catch(() => {});
  const timer = setTimeout(() => end(new ObjDockerError('TIMEOUT', 'out of time')), options.timeoutMs ?? 2 ** 31 - 1);
  options.signal?.addEventListener('abort', abort);
  whenEnded(end);
  try {
    yield* bothOutputs(child);
    const [code, signal] = await closed;
    if (reason !== undefined) throw reason;
    return code ?? 128 + (constants.signals[signal as NodeJS.Signals] ?? 0);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', abort);
    if (child.exitCode === null) killGroup(child);
  }
}

async function* bothOutputs({
  stdout,
  stderr,
}: {
  stdout: Readable;
  stderr: Readable;
}): AsyncGenerator<OutputChunk, void> {
  const outputs = Object.entries({ stdout, stderr }).map(([name, readable]) => {
    const iterator: AsyncIterator<Uint8Array> = readable[Symbol.asyncIterator]();
    const next = async () =>
      ({ stream: name === 'stdout' ? 'stdout' : 'stderr', piece: await iterator.next(), next }) as const;
    return next;
  });
  const pending = new Map(outputs.map((next) => [next, next()]));
  while (pending.size > 0) {
    const { stream, piece, next } = await Promise.race(pending.values());
    if (piece.done) pending.delete(next);
    else {
      pending.set(next, next());
      yield { stream, data: piece.value };
    }
  }
}

function explain(program: string, error: unknown): ObjDockerError {
  const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  return new ObjDockerError(missing ? 'EXEC_NOT_FOUND' : 'EXEC_NOT_EXECUTABLE', `cannot run "${program}"`, {
    hint: 'Look at what the instance has.',
    cause: error,
  });
}

/** Ends a process that leads a group, and all that it has started. */
export function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It has ended already.
  }
}
