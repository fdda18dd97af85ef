import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { EnvironmentVariables } from '../src/lib/process/exec.ts';
import { ROOT } from '../test/harness/cli.ts';

export interface RunOptions {
  /** Added to the environment variables of the bench; undefined removes one. */
  readonly env?: EnvironmentVariables;
  readonly cwd?: string;
  readonly input?: string;
  /** Ends the process and its child processes. */
  readonly signal?: AbortSignal;
}

/** Runs a program and returns its standard output. Throws for an exit code other than 0. */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const [program = '', ...args] = command;
  options.signal?.throwIfAborted();
  // In its own process group: Ctrl-C reaches only the bench, which then ends its processes in order.
  const child = spawn(program, args, {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk) => (stderr += chunk));
  child.stdin.on('error', () => {});
  child.stdin.end(options.input);
  const stopWatching = endWith(options.signal, child.pid);
  const [code] = await once(child, 'close').finally(stopWatching);
  options.signal?.throwIfAborted();
  if (code !== 0) throw new Error(`${command.join(' ')} exited with ${code}:\n${lastLines(stderr || stdout)}`);
  return stdout;
}

/** Ends a process group with SIGTERM when the signal is aborted, and with SIGKILL five seconds later. */
function endWith(signal: AbortSignal | undefined, group: number | undefined): () => void {
  if (signal === undefined || group === undefined) return () => {};
  let timer: NodeJS.Timeout | undefined;
  const end = () => {
    send(group, 'SIGTERM');
    timer = setTimeout(() => send(group, 'SIGKILL'), 5_000);
  };
  signal.addEventListener('abort', end, { once: true });
  return () => {
    signal.removeEventListener('abort', end);
    clearTimeout(timer);
  };
}

function send(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // It has exited meanwhile.
  }
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-20).join('\n');
}
