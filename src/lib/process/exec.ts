import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { ObjDockerError } from '../../errors.ts';
import { cancelled, expectListeners } from '../operation.ts';

/** Environment variables. One whose value is undefined is not set. */
export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

export interface ExecOptions {
  /** All environment variables of the child: it inherits none. */
  readonly env: EnvironmentVariables;
  readonly cwd?: string | undefined;
  readonly input?: string | Uint8Array | undefined;
  /** Sends the child SIGTERM, and SIGKILL five seconds later. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether `signal` also ends the child's descendants. The child then has its own session, and no terminal for prompts.
   *
   * @default false
   */
  readonly withDescendants?: boolean | undefined;
  /** Called with each line without its `\n` or `\r\n`. The stream is then not part of the result. */
  readonly onStdout?: ((line: string) => void) | undefined;
  readonly onStderr?: ((line: string) => void) | undefined;
}

/** How a process ended. A non-zero exit code is a result, not an exception: the caller knows what it means. */
export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program with an argument vector, never through a shell.
 *
 * @throws {ObjDockerError} COMMAND_NOT_FOUND when there is no such program, CANCELLED when the signal ended it.
 */
export type Exec = (file: string, args: readonly string[], options: ExecOptions) => Promise<ExecResult>;

export const exec: Exec = async (file, args, options) => {
  // Loaded with the first process: loading takes longer than starting Node.
  const { execa } = await import('execa');
  const child = execa(file, args, {
    env: definedOnly(options.env),
    extendEnv: false,
    stdin: options.input === undefined ? 'ignore' : 'pipe',
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    detached: options.withDescendants ?? false,
    reject: false,
    stripFinalNewline: false,
    buffer: { stdout: options.onStdout === undefined, stderr: options.onStderr === undefined },
    maxBuffer: 64 * 1024 * 1024,
  });
  const release = endOnAbort(child.pid, options);
  try {
    const [result] = await Promise.all([
      child,
      forEachLine(child.stdout, options.onStdout),
      forEachLine(child.stderr, options.onStderr),
    ]);
    return finish(file, result, options.signal);
  } finally {
    release();
  }
};

/** The part of execa's result that is used here. */
interface Ending {
  readonly exitCode?: number;
  readonly signal?: string;
  readonly stdout?: unknown;
  readonly stderr?: unknown;
  readonly cause?: unknown;
}

function finish(file: string, result: Ending, signal: AbortSignal | undefined): ExecResult {
  if (signal?.aborted) throw cancelled(signal);
  if (result.exitCode === undefined && result.signal === undefined) throw couldNotRun(file, result.cause ?? result);
  return { exitCode: result.exitCode ?? 128, stdout: String(result.stdout ?? ''), stderr: String(result.stderr ?? '') };
}

const KILL_AFTER_MS = 5_000;

/** Ends a process when the signal is aborted. Returns a function that stops listening. */
function endOnAbort(pid: number | undefined, { signal, withDescendants }: ExecOptions): () => void {
  if (pid === undefined || signal === undefined) return () => {};
  // A negative id is that of a process group.
  const target = withDescendants ? -pid : pid;
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => {
    kill(target, 'SIGTERM');
    timer = setTimeout(() => kill(target, 'SIGKILL'), KILL_AFTER_MS);
  };
  // Several processes may run for one signal.
  expectListeners(signal);
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  };
}

function kill(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch (error) {
    // It has ended in the meantime.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

async function forEachLine(stream: Readable | null, callback: ((line: string) => void) | undefined): Promise<void> {
  if (callback === undefined || stream === null) return;
  // Not readline: it also ends a line at a lone carriage return, which progress bars use.
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (text: string): void => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) callback(line.replace(/\r$/, ''));
  };
  for await (const chunk of stream) take(typeof chunk === 'string' ? chunk : decoder.write(chunk));
  take(decoder.end());
  if (rest !== '') callback(rest);
}

function definedOnly(env: EnvironmentVariables): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function couldNotRun(file: string, cause: unknown): ObjDockerError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason';
  return new ObjDockerError(
    'COMMAND_NOT_FOUND',
    `cannot run "${file}": ${reason === 'ENOENT' ? 'no such program' : reason}`,
    {
      hint: `Install ${file}, or add its folder to PATH.`,
      cause,
    },
  );
}
