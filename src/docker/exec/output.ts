import { basename } from 'node:path/posix';
import type { Duplex } from 'node:stream';
import type { OutputChunk } from '../../model/instance.ts';
import { type FramePiece, FrameReader } from './frames.ts';
import { neverRan, type PreparedCommand, pollCommand } from './prepared-command.ts';

/** The command was never started. The message is the text that the engine sent in place of its output. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';
}

/** The stream ended inside a frame. */
class TruncatedOutput extends Error {
  override readonly name = 'CutOff';
}

interface OutputOptions {
  /** The command has a terminal: its output is not framed, and all of it is stdout. */
  readonly tty: boolean;
  readonly signal: AbortSignal;
}

/**
 * Yields a command's output as it arrives.
 *
 * @throws {StartFailure} when the output is the engine's own text about a command that never ran; ENGINE_ERROR for bytes that
 * are not output; the connection's error, also when it ends inside a frame.
 */
export async function* readOutput(
  connection: Duplex,
  command: PreparedCommand,
  { tty, signal }: OutputOptions,
): AsyncGenerator<OutputChunk> {
  const pieces = tty ? rawPieces(connection) : framedPieces(connection);
  let began = false;
  let held: OutputChunk | undefined;
  for await (const piece of pieces) {
    const { stream, data } = piece;
    if (!began && mayBeEngineMessage(piece, tty) && (await wasNotStarted(command, signal))) {
      throw new StartFailure(await restOf(data, pieces));
    }
    if (held !== undefined) yield held;
    held = !began && mayBeRuntimeMessage(textOf(data), command.program) ? { stream, data } : undefined;
    began = true;
    if (held === undefined) yield { stream, data };
  }
  if (held === undefined) return;
  const ended = await pollCommand(command, ({ running }) => !running, { signal });
  if (ended?.exitCode === 1 || ended?.exitCode === 255) throw new StartFailure(textOf(held.data));
  yield held;
}

/**
 * Whether the text may be runc's: it prints one line when execve fails (missing interpreter, wrong architecture). That line is
 * then the whole output, and the exit code is 1, or 255 with newer versions.
 */
function mayBeRuntimeMessage(text: string, program: string): boolean {
  const [, path] = /^exec (.+): [a-z ]+\r?\n$/.exec(text) ?? [];
  if (path !== undefined) return basename(path) === basename(program);
  return /^standard_init_linux\.go:\d+: exec user process caused: [a-z ]+\r?\n$/.test(text);
}

function textOf(data: Uint8Array): string {
  return data.length > 4096 ? '' : Buffer.from(data).toString();
}

async function* rawPieces(connection: Duplex): AsyncGenerator<FramePiece> {
  for await (const data of connection) yield { stream: 'stdout', data, last: false };
}

async function* framedPieces(connection: Duplex): AsyncGenerator<FramePiece> {
  const frames = new FrameReader();
  try {
    for await (const bytes of connection) yield* frames.read(bytes);
  } catch (cause) {
    if (frames.complete) throw cause;
    throw new TruncatedOutput('the connection broke in the middle of a frame', { cause });
  }
  if (!frames.complete) throw new TruncatedOutput('the output ended in the middle of a frame');
}

/** The engine sends its text first, as one frame of stdout that ends with CR LF. Only then is a request for the state needed. */
function mayBeEngineMessage({ stream, data, last }: FramePiece, tty: boolean): boolean {
  return stream === 'stdout' && (tty || !last || (data.at(-2) === 13 && data.at(-1) === 10));
}

async function wasNotStarted(command: PreparedCommand, signal: AbortSignal): Promise<boolean> {
  const known = await pollCommand(command, ({ running, pid }) => pid !== undefined || !running, { signal });
  return known !== undefined && neverRan(known);
}

async function restOf(first: Uint8Array, pieces: AsyncIterable<FramePiece>): Promise<string> {
  let text = Buffer.from(first).toString();
  for await (const { data } of pieces) text = (text + Buffer.from(data).toString()).slice(0, 4096);
  return text;
}
