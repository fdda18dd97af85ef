import { isUtf8 } from 'node:buffer';
import type { OutputChunk } from '../../../model/instance.ts';

/** A line of a container's log, as `--json` prints it. */
export interface LogLine {
  readonly stream: OutputChunk['stream'];
  /** RFC 3339 with nanoseconds. */
  readonly time: string;
  /** Without its line break; bytes that are not UTF-8 are U+FFFD. */
  readonly line: string;
  /** The exact bytes of a line that is not UTF-8. */
  readonly base64?: string;
  /** The line continues in the next item of its stream. */
  readonly partial?: true;
}

export interface LogLines {
  /** The lines that this chunk completes. */
  push(chunk: OutputChunk): LogLine[];
  /** The last lines, which have no line break. */
  end(): LogLine[];
}

/** Longer lines are split, to limit memory. */
const MAX_LINE_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const TIME = /^(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)) ?/;

/** Splits a log with timestamps into lines, separately for each stream. */
export function createLogLines(): LogLines {
  const streams = { stdout: createStreamLines('stdout'), stderr: createStreamLines('stderr') };
  return {
    push: ({ stream, data }) => streams[stream].push(data),
    end: () => [...streams.stdout.end(), ...streams.stderr.end()],
  };
}

function createStreamLines(stream: OutputChunk['stream']) {
  let rest: Buffer = Buffer.alloc(0);
  let time = '';
  let isStart = true;

  const lineOf = (bytes: Buffer, partial: boolean): LogLine => {
    let body = bytes;
    const stamp = isStart ? TIME.exec(bytes.subarray(0, 64).toString('latin1')) : null;
    if (stamp !== null) {
      time = stamp[1] ?? '';
      body = bytes.subarray(stamp[0].length);
    }
    isStart = !partial;
    // A container with a terminal ends its lines with CR LF.
    if (!partial && body.at(-1) === RETURN) body = body.subarray(0, -1);
    return {
      stream,
      time,
      line: body.toString('utf8'),
      ...(isUtf8(body) ? {} : { base64: body.toString('base64') }),
      ...(partial ? { partial: true } : {}),
    };
  };

  return {
    push(data: Uint8Array): LogLine[] {
      const lines: LogLine[] = [];
      let bytes: Buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      if (rest.length > 0) bytes = Buffer.concat([rest, bytes]);
      let start = 0;
      while (start < bytes.length) {
        const end = bytes.indexOf(NEWLINE, start);
        const length = (end === -1 ? bytes.length : end) - start;
        if (length > MAX_LINE_BYTES) {
          const cut = start + characterBoundary(bytes.subarray(start, start + MAX_LINE_BYTES));
          lines.push(lineOf(bytes.subarray(start, cut), true));
          start = cut;
        } else if (end === -1) break;
        else {
          lines.push(lineOf(bytes.subarray(start, end), false));
          start = end + 1;
        }
      }
      rest = bytes.subarray(start);
      return lines;
    },
    end(): LogLine[] {
      const lines = rest.length > 0 ? [lineOf(rest, false)] : [];
      rest = Buffer.alloc(0);
      return lines;
    },
  };
}

/** How many of these bytes end at a boundary of a UTF-8 character. */
function characterBoundary(bytes: Buffer): number {
  for (let at = bytes.length - 1; at > bytes.length - 5; at--) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x80) return bytes.length;
    // The first byte of a multi-byte character: exclude the character when it is incomplete.
    if (byte >= 0xc0) return bytes.length - at < sizeOf(byte) ? at : bytes.length;
  }
  return bytes.length;
}

function sizeOf(firstByte: number): number {
  if (firstByte >= 0xf0) return 4;
  return firstByte >= 0xe0 ? 3 : 2;
}
