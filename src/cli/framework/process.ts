import { ObjDockerError } from '../../errors.ts';
import { systemEnvironment } from '../../lib/environment.ts';
import { ExitCode } from './exit-codes.ts';
import { failureOf, observeLosses } from './lost-streams.ts';
import { asObjDockerError, Output } from './output.ts';
import { type RunOptions, run } from './run.ts';

/** How long a cancelled command may clean up before the process is ended. */
const CLEANUP_LIMIT_MS = 9_000;

/** How long the process may take to end by itself after a cancelled command has cleaned up. */
const EXIT_LIMIT_MS = 1_000;

/** Runs the CLI in this process, including signals, uncaught errors and the exit code. */
export async function runProcess(
  argv: readonly string[],
  program: Pick<RunOptions, 'version' | 'commands'>,
): Promise<void> {
  const interrupt = new AbortController();
  let exitBySignal: { readonly name: NodeJS.Signals; readonly code: ExitCode } | undefined;
  for (const [name, code] of [
    ['SIGINT', ExitCode.interrupted],
    ['SIGTERM', ExitCode.terminated],
  ] as const) {
    process.on(name, () => {
      exitBySignal ??= { name, code };
      interrupt.abort(new ObjDockerError('CANCELLED', `cancelled by ${name}`));
      setTimeout(() => die(name), CLEANUP_LIMIT_MS).unref();
    });
  }
  const losses = observeLosses(process);
  const end = (thrown: unknown, code: ExitCode): void => {
    new Output({ ...PLAIN, stdout: process.stdout, stderr: process.stderr, losses }).error(asObjDockerError(thrown));
    process.exit(code);
  };
  const onBug = (thrown: unknown): void => end(thrown, ExitCode.bug);
  process.on('uncaughtException', onBug);
  process.on('unhandledRejection', onBug);
  let finished = false;
  losses.stdout.addEventListener('abort', () => {
    // A result that was written last fails after the command has ended.
    const failure = failureOf(losses.stdout);
    if (finished && failure !== undefined) end(failure, ExitCode.outside);
  });
  // An empty event loop ends the process with 0, although the command has no result: that is a bug, never a success.
  process.once('beforeExit', () => {
    if (!finished) onBug(new Error('the command ended without a result'));
  });

  const code = await run(argv, {
    ...program,
    environment: systemEnvironment(),
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    signal: interrupt.signal,
    losses,
    endWithin: (code) => void setTimeout(() => process.exit(code), CLEANUP_LIMIT_MS).unref(),
  });
  finished = true;
  process.exitCode = exitBySignal?.code ?? code;
  // Everything is cleaned up. Only a read that never returns can still keep the process alive.
  if (exitBySignal !== undefined) setTimeout(die, EXIT_LIMIT_MS, exitBySignal.name).unref();
}

/** Ends the process by the signal itself: `process.exit` would wait for a pipe or network disk that hangs. */
function die(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

const PLAIN = { json: false, quiet: false, verbose: false, color: false };
