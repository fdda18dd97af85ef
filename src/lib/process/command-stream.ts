import { type ChildProcess, spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import type { EnvironmentVariables } from './exec.ts';

/** A program that ended before the connection over its standard input and output was closed. */
export class CommandStreamError extends Error {
  override readonly name = 'CommandStreamError';
  readonly file: string;
  /** Undefined when the program could not be started, or a signal ended it. */
  readonly exitCode: number | undefined;
  /** The last 4 KiB of its standard error. */
  readonly stderr: string;

  constructor(file: string, exitCode: number | undefined, stderr: string, cause?: unknown) {
    super(`${file} ended${exitCode === undefined ? '' : ` with exit code ${exitCode}`}`, { cause });
    this.file = file;
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

const STDERR_LIMIT = 4096;

/**
 * A program's standard input and output as one connection.
 *
 * It has the methods of a socket that an HTTP agent calls on a kept-alive connection. Destroying it ends the program. When the program ends with an error, the stream fails with a {@link CommandStreamError}.
 */
export class CommandStream extends Duplex {
  readonly #child: ChildProcess;
  #stderr = '';

  constructor(file: string, args: readonly string[], env: EnvironmentVariables) {
    super({ allowHalfOpen: true });
    this.#child = spawn(file, args, { env: { ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.on('error', (error) => this.destroy(new CommandStreamError(file, undefined, this.#stderr, error)));
    this.#child.on('close', (code) => this.#ended(file, code ?? undefined));
    // Writing to a program that has ended fails with EPIPE. Its exit follows and gives the reason.
    this.#child.stdin?.on('error', () => {});
    this.#child.stdout?.on('data', (chunk) => this.push(chunk) || this.#child.stdout?.pause());
    this.#child.stderr?.on('data', (chunk) => {
      this.#stderr = (this.#stderr + chunk).slice(-STDERR_LIMIT);
    });
  }

  override _read(): void {
    this.#child.stdout?.resume();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#child.stdin?.writable) this.#child.stdin.write(chunk, () => done());
    else done();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#child.stdin?.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#child.kill('SIGTERM');
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream?.destroy();
    done(error);
  }

  ref(): this {
    this.#child.ref();
    return this;
  }

  /** Lets the process exit although this connection is still open. */
  unref(): this {
    this.#child.unref();
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) {
      if (stream !== null && 'unref' in stream && typeof stream.unref === 'function') stream.unref();
    }
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }

  #ended(file: string, exitCode: number | undefined): void {
    if (this.destroyed) return;
    if (exitCode === 0) this.push(null);
    else this.destroy(new CommandStreamError(file, exitCode, this.#stderr));
  }
}
