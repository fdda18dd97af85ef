import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface CliOptions {
  readonly cwd?: string;
  /** Added to the test's own environment; undefined removes a variable. */
  readonly env?: Record<string, string | undefined>;
  readonly signal?: AbortSignal;
  /** Standard input. @default none */
  readonly input?: string | Uint8Array;
  /** Called once the process runs. */
  readonly onStart?: (pid: number) => void;
  /** The process gets SIGINT once, when its stderr contains this. */
  readonly interruptAt?: string;
  /** Pipes that the reader closes: after the first bytes, or at the start. */
  readonly unread?: Readonly<Partial<Record<'stdout' | 'stderr', 'at-start' | 'after-first-bytes'>>>;
}

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built CLI as a user would, without a terminal. */
export async function objdocker(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, ...options.env },
    stdio: 'pipe',
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  // A command that does not read its input may end first.
  child.stdin.on('error', () => {}).end(options.input);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  let isInterrupted = false;
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
    if (isInterrupted || options.interruptAt === undefined || !stderr.includes(options.interruptAt)) return;
    isInterrupted = true;
    child.kill('SIGINT');
  });
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = child[name];
    if (options.unread?.[name] === 'at-start') stream.destroy();
    else if (options.unread?.[name] !== undefined) stream.once('data', () => stream.destroy());
  }
  if (child.pid !== undefined) options.onStart?.(child.pid);
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}
