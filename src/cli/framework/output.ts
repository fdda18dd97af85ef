import { once } from 'node:events';
import { createColors } from 'picocolors';
import { ObjDockerError } from '../../errors.ts';
import { cancelled } from '../../lib/operation.ts';
import { sanitize } from '../../lib/text/sanitize.ts';
import type { TerminalSize } from '../../model/instance.ts';
import type { Colors, OutputStream } from '../../terminal/stream.ts';
import { wrap } from '../../terminal/wrap.ts';
import type { JsonOutputs } from '../json-output.ts';

export interface OutputOptions {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** False when the user or the environment asked for none; a stream that is no terminal gets none in any case. */
  readonly color: boolean;
}

/**
 * Where a command puts what it has to say: its answer on stdout, everything else on stderr.
 * With `--json` the answer is one document and `print` is silent, so a command can always do both.
 */
export class Output {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Colours for what is printed on stdout. */
  readonly colors: Colors;
  /** Colours for what is said on stderr. */
  readonly stderrColors: Colors;
  readonly stderr: OutputStream;
  readonly #stdout: OutputStream;
  #documentWritten = false;

  constructor(options: OutputOptions) {
    this.json = options.json;
    this.quiet = options.quiet;
    this.verbose = options.verbose;
    this.colors = createColors(options.color && options.stdout.isTTY === true);
    this.stderrColors = createColors(options.color && options.stderr.isTTY === true);
    this.stderr = options.stderr;
    this.#stdout = options.stdout;
  }

  /** The width of the terminal that the answer is printed on; undefined when it goes elsewhere. */
  get columns(): number | undefined {
    return columnsOf(this.#stdout);
  }

  /** As {@link Output.columns}, of what is said on stderr. */
  get stderrColumns(): number | undefined {
    return columnsOf(this.stderr);
  }

  /** Prints the answer for people; the caller has made text from outside `visible`. Nothing when the answer is JSON. */
  print(text: string): void {
    if (!this.json) this.#put(`${text}\n`);
  }

  /** Prints the answer for programs, when they asked for it, in the shape that `schema/NAME.schema.json` has. At most once a run. */
  printJson<Name extends keyof JsonOutputs>(
    _name: Name,
    printUntypedJson: NoInfer<DeepReadonly<JsonOutputs[Name]>>,
  ): void {
    this.#write(printUntypedJson);
  }

  /** As {@link Output.printJson}, for what has a schema elsewhere: a JSON Schema itself, the package that `config show` prints. */
  value(value: unknown): void {
    this.#write(value);
  }

  #write(value: unknown): void {
    if (!this.json) return;
    if (this.#documentWritten) throw new Error('a second JSON output would make stdout unreadable');
    this.#documentWritten = true;
    this.#put(`${JSON.stringify(value, null, 2)}\n`);
  }

  #put(text: string): void {
    try {
      this.#stdout.write(text);
    } catch (error) {
      // A file or a terminal is written to at once; a pipe fails later, by an event.
      throw outputError(error);
    }
  }

  /**
   * Sends a piece of an answer that is too large to be held, as it is, and waits until there is room for the next. With `--json`
   * the pieces are the one document.
   *
   * @throws {ObjDockerError} CANCELLED when the signal is aborted while nobody takes what was sent; OUTPUT_FAILED.
   */
  async send(name: 'stdout' | 'stderr', piece: string | Uint8Array, signal: AbortSignal): Promise<void> {
    if (this.json) this.#documentWritten = true;
    const stream = name === 'stdout' ? this.#stdout : this.stderr;
    try {
      if (!stream.write(piece)) await once(stream, 'drain', { signal });
    } catch (error) {
      throw signal.aborted ? cancelled(signal) : outputError(error);
    }
  }

  /** Whether what is sent there is read on a terminal. */
  isTerminal(name: 'stdout' | 'stderr'): boolean {
    return (name === 'stdout' ? this.#stdout : this.stderr).isTTY === true;
  }

  /** The size of the terminal that somebody sees; 80 by 24 when there is none. */
  get terminalSize(): TerminalSize {
    const { columns, rows } = this.#terminal ?? {};
    return { columns: columns || 80, rows: rows || 24 };
  }

  /** Calls back whenever the terminal changes its size. Returns what ends that. */
  onResize(listener: () => void): () => void {
    const terminal = this.#terminal;
    terminal?.on('resize', listener);
    return () => terminal?.off('resize', listener);
  }

  get #terminal(): OutputStream | undefined {
    return [this.#stdout, this.stderr].find(({ isTTY }) => isTTY === true);
  }

  get jsonWritten(): boolean {
    return this.#documentWritten;
  }

  /** A line about what is going on; `--quiet` silences it. */
  info(text: string): void {
    if (!this.quiet) this.stderr.write(`${text}\n`);
  }

  /** A line that only `--verbose` shows. */
  debug(text: string): void {
    if (this.verbose) this.stderr.write(`${sanitize(text)}\n`);
  }

  warn(message: string): void {
    this.stderr.write(`${wrap(`${this.stderrColors.yellow('warning:')} ${sanitize(message)}`, this.stderrColumns)}\n`);
  }
}

/** Whoever read what a command printed has seen enough: the command is ended, and nobody is told. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}

/** The error for an answer that stdout does not take: a full disk, a terminal that went away. */
export function outputError(cause: unknown): ObjDockerError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ObjDockerError('OUTPUT_FAILED', `the answer could not be written to stdout: ${reason}`, {
    hint: 'Make room where stdout goes to, or send it elsewhere.',
    cause,
  });
}

// A terminal that does not know its width says 0.
function columnsOf({ isTTY, columns }: OutputStream): number | undefined {
  return isTTY === true && columns ? columns : undefined;
}

type DeepReadonly<T> = T extends (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;
