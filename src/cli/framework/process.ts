import { ObjDockerError } from '../../errors.ts';
import { systemEnvironment } from '../../lib/environment.ts';
import { asObjDockerError, renderError } from './error.ts';
import { ExitCode } from './exit-codes.ts';
import { Output, type OutputStream, outputError, ReaderGone } from './output.ts';
import { run } from './run.ts';

/** How long a cancelled command may clean up before the process ends regardless. */
const CLEANUP_LIMIT_MS = 9_000;

/** How long the process may take to end by itself once a cancelled command has cleaned up. */
const EXIT_LIMIT_MS = 1_000;

/** Runs the CLI in this process: signals, uncaught failures and the exit code included. */
export async function runProcess(argv: readonly string[], version: string): Promise<void> {
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
  const end = (thrown: unknown, code: ExitCode): void => {
    process.stderr.write(`${renderError(asObjDockerError(thrown), new Output(plainOutput()).noteColors)}\n`);
    process.exit(code);
  };
  const bug = (thrown: unknown): void => end(thrown, ExitCode.bug);
  process.on('uncaughtException', bug);
  process.on('unhandledRejection', bug);
  let finished = false;
  const lost = (stream: OutputStream, error: NodeJS.ErrnoException): void => {
    const reason = isReaderGone(stream, error) ? new ReaderGone() : outputError(error);
    // What runs, in a container too, is not to go on for nobody.
    interrupt.abort(reason);
    if (finished && reason instanceof ObjDockerError) end(reason, ExitCode.outside);
    const code = reason instanceof ReaderGone ? ExitCode.done : ExitCode.outside;
    setTimeout(() => process.exit(code), CLEANUP_LIMIT_MS).unref();
  };
  for (const stream of [process.stdout, process.stderr]) stream.on('error', (error) => lost(stream, error));

  const code = await run(argv, {
    version,
    environment: systemEnvironment(),
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    signal: interrupt.signal,
  });
  finished = true;
  process.exitCode = exitBySignal?.code ?? code;
  // Everything is cleaned up: what is left can only be a file that never comes.
  if (exitBySignal !== undefined) setTimeout(die, EXIT_LIMIT_MS, exitBySignal.name).unref();
}

/** A reader that has seen enough (`objdocker … | head`) closes the pipe, a terminal is closed: no failure of ours. */
function isReaderGone({ isTTY }: OutputStream, { code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || (code === 'EIO' && isTTY === true);
}

/** Ends the process by the signal itself: `process.exit` would wait for a pipe or a network disk that does not answer. */
function die(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

function plainOutput() {
  return { stdout: process.stdout, stderr: process.stderr, json: false, quiet: false, verbose: false, color: false };
}
