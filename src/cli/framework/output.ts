import { once } from 'node:events';
import { createColors } from 'picocolors';
import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import { toJson } from '../../lib/json.ts';
import { cancelled } from '../../lib/operation.ts';
import { sanitize } from '../../lib/text/sanitize.ts';
import type { DeepReadonly } from '../../model/common-schemas.ts';
import type { TerminalSize } from '../../model/instance.ts';
import type { Colors, OutputStream } from '../../terminal/output-stream.ts';
import { wrap } from '../../terminal/wrap.ts';
import type { JsonOutputs } from '../json-output.ts';
import { isReaderGone, outputError, type StreamLosses, type StreamName } from './lost-streams.ts';

export interface OutputOptions {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly losses: StreamLosses;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** False when the user or the environment wants no colors; a stream that is not a terminal never gets any. */
  readonly color: boolean;
}

/**
 * Where a command prints: its result on stdout, everything else on stderr. With `--json` the result is the JSON output and
 * `print` prints nothing, so that a command can always call both.
 */
export class Output {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Colors for stdout. */
  readonly colors: Colors;
  /** Colors for stderr. */
  readonly stderrColors: Colors;
  readonly stderr: OutputStream;
  readonly #stdout: OutputStream;
  readonly #losses: StreamLosses;
  #jsonWritten = false;

  constructor(options: OutputOptions) {
    this.json = options.json;
    this.quiet = options.quiet;
    this.verbose = options.verbose;
    this.colors = createColors(options.color && options.stdout.isTTY === true);
    this.stderrColors = createColors(options.color && options.stderr.isTTY === true);
    this.stderr = options.stderr;
    this.#stdout = options.stdout;
    this.#losses = options.losses;
  }

  /** The width of the terminal that stdout is; undefined when stdout is not a terminal. */
  get columns(): number | undefined {
    return columnsOf(this.#stdout);
  }

  /** As {@link Output.columns}, for stderr. */
  get stderrColumns(): number | undefined {
    return columnsOf(this.stderr);
  }

  /** Prints the result for people; the caller has sanitized text from outside. Prints nothing with `--json`. */
  print(text: string): void {
    if (!this.json) this.#put(`${text}\n`);
  }

  /** Prints the JSON output with `--json`, in the shape of `schema/NAME.schema.json`. At most once in a run. */
  printJson<Name extends keyof JsonOutputs>(
    _name: Name,
    printUntypedJson: NoInfer<DeepReadonly<JsonOutputs[Name]>>,
  ): void {
    this.#write(printUntypedJson);
  }

  /** As {@link Output.printJson}, for values whose schema is elsewhere: a JSON Schema itself, the package of `config show`. */
  value(value: unknown): void {
    this.#write(value);
  }

  #write(value: unknown): void {
    if (!this.json) return;
    if (this.#jsonWritten) throw new Error('a second JSON output would make stdout unreadable');
    this.#jsonWritten = true;
    this.#put(`${toJson(value, 2)}\n`);
  }

  #put(text: string): void {
    try {
      this.#stdout.write(text);
    } catch (error) {
      // Writes to files and terminals fail here; a pipe fails later, with an event.
      throw outputError(error);
    }
  }

  /**
   * Writes a part of a result that is too large to be kept in memory, and waits until the stream takes more. With `--json` the
   * parts together are the JSON output. What nobody reads any more is dropped.
   *
   * @throws {ObjDockerError} CANCELLED when the signal is aborted while the stream takes no more; OUTPUT_FAILED for stdout.
   */
  async send(name: StreamName, piece: string | Uint8Array, signal: AbortSignal): Promise<void> {
    if (this.json) this.#jsonWritten = true;
    const stream = name === 'stdout' ? this.#stdout : this.stderr;
    try {
      if (!stream.write(piece)) await once(stream, 'drain', { signal: AbortSignal.any([signal, this.#losses[name]]) });
    } catch (error) {
      if (signal.aborted) throw cancelled(signal);
      if (name === 'stdout' && !this.readerIsGone) throw outputError(error);
    }
  }

  /** Whether nobody reads stdout any more. */
  get readerIsGone(): boolean {
    return isReaderGone(this.#losses.stdout);
  }

  /** Whether a stream is a terminal. */
  isTerminal(name: 'stdout' | 'stderr'): boolean {
    return (name === 'stdout' ? this.#stdout : this.stderr).isTTY === true;
  }

  /** The size of the terminal; 80 by 24 when there is none. */
  get terminalSize(): TerminalSize {
    const { columns, rows } = this.#terminal ?? {};
    return { columns: columns || 80, rows: rows || 24 };
  }

  /** Calls back whenever the terminal changes its size, until the returned function is called. */
  onResize(listener: () => void): () => void {
    const terminal = this.#terminal;
    terminal?.on('resize', listener);
    return () => terminal?.off('resize', listener);
  }

  get #terminal(): OutputStream | undefined {
    return [this.#stdout, this.stderr].find(({ isTTY }) => isTTY === true);
  }

  get jsonWritten(): boolean {
    return this.#jsonWritten;
  }

  /** Prints a line of information; not with `--quiet`. */
  info(text: string): void {
    if (!this.quiet) this.#note(text);
  }

  /** Prints a line that only `--verbose` shows. */
  debug(text: string): void {
    if (this.verbose) this.#note(sanitize(text));
  }

  warn(message: string): void {
    this.#note(wrap(`${this.stderrColors.yellow('warning:')} ${sanitize(message)}`, this.stderrColumns));
  }

  /** Prints an error, also with `--quiet`. */
  error(error: ObjDockerError): void {
    this.#note(wrap(renderError(error, this.stderrColors), this.stderrColumns));
  }

  /** Prints a command to the CI system, also with `--quiet`; its text has been escaped for that system. */
  annotate(command: string): void {
    this.#note(command);
  }

  /** Never fails: what is written on stderr changes neither the outcome nor the exit code. */
  #note(text: string): void {
    try {
      this.stderr.write(`${text}\n`);
    } catch {
      // A file on a full disk. Writes to a pipe fail later, with an event.
    }
  }
}

/** Any thrown value as an ObjDockerError; one that is not is a bug, with the code INTERNAL. */
export function asObjDockerError(thrown: unknown): ObjDockerError {
  if (isObjDockerError(thrown)) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ObjDockerError('INTERNAL', `unexpected failure: ${message}`, {
    hint: 'This is a bug in ObjDocker. Please report it with the command and the stack trace below: see "Reporting a bug" in CONTRIBUTING.md.',
    cause: thrown,
  });
}

/** Renders an error for people: what failed, details that explain it, and what to do. */
export function renderError(error: ObjDockerError, colors: Colors): string {
  const lines = [`${colors.red('objdocker:')} ${sanitize(error.message)}`];
  for (const block of detailsOf(error)) lines.push(sanitize(block));
  if (error.hint !== undefined) lines.push(`${colors.cyan('hint:')} ${sanitize(error.hint)}`);
  if (error.code === 'INTERNAL') lines.push(sanitize(stackOf(error)));
  return lines.join('\n');
}

function detailsOf(error: ObjDockerError): string[] {
  const { logTail, requestId } = error.details;
  return [
    ...(Array.isArray(logTail) && logTail.length > 0 ? [logTail.map((line) => `  | ${String(line)}`).join('\n')] : []),
    // Finds the request in the registry's log, where several hints send people.
    ...(typeof requestId === 'string' && requestId !== '' ? [`  request id: ${requestId}`] : []),
  ];
}

function stackOf(error: ObjDockerError): string {
  return error.cause instanceof Error ? (error.cause.stack ?? '') : (error.stack ?? '');
}

// 0 from a terminal that does not know its width.
function columnsOf({ isTTY, columns }: OutputStream): number | undefined {
  return isTTY === true && columns ? columns : undefined;
}
