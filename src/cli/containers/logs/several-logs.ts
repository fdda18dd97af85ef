import type { ObjDockerError } from '../../../errors.ts';
import { toJson } from '../../../lib/json.ts';
import { sanitizeLine } from '../../../lib/text/sanitize.ts';
import type { ObjDocker } from '../../../obj-docker/obj-docker.ts';
import type { ReadLogsOptions } from '../../../substrate/obj-substrate.ts';
import { padTo, widthOf } from '../../../terminal/width.ts';
import type { CommandContext } from '../../framework/command.ts';
import { ExitCode } from '../../framework/exit-codes.ts';
import { asObjDockerError, type Output } from '../../framework/output.ts';
import { createContainerText } from './container-text.ts';
import { JsonList } from './json-list.ts';
import { createLogLines, type LogLine } from './log-lines.ts';

/** Takes the lines of several logs. */
interface LineSink {
  write(name: string, lines: readonly LogLine[]): Promise<void>;
  /** The rest of this log cannot be read. */
  fail(name: string, error: ObjDockerError): Promise<void>;
  /** @param error why the other logs are not complete */
  end(error?: ObjDockerError): Promise<void>;
}

/**
 * Prints the logs of several containers, each line after the name of its container: one log after the other, with `follow` all
 * at once. A log that cannot be read does not stop the others.
 */
export async function writeSeveralLogs(
  docker: ObjDocker,
  names: readonly string[],
  options: ReadLogsOptions,
  { output, signal }: Pick<CommandContext, 'output' | 'signal'>,
): Promise<ExitCode> {
  await docker.connect({ signal });
  const sink = createSink(names, options, { output, signal });
  let failed = false;
  const writeLog = async (name: string): Promise<void> => {
    try {
      const splitter = createLogLines();
      const chunks = docker.readLogs(name, { ...options, timestamps: true, signal });
      for await (const chunk of chunks) await sink.write(name, splitter.push(chunk));
      await sink.write(name, splitter.end());
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const error = asObjDockerError(thrown);
      failed = true;
      output.error(error);
      await sink.fail(name, error);
    }
  };
  try {
    if (options.follow === true) await Promise.all(names.map(writeLog));
    else for (const name of names) await writeLog(name);
  } catch (thrown) {
    await sink.end(asObjDockerError(signal.aborted ? signal.reason : thrown)).catch(() => {});
    throw thrown;
  }
  await sink.end();
  return failed ? ExitCode.no : ExitCode.done;
}

function createSink(
  names: readonly string[],
  { follow, timestamps }: ReadLogsOptions,
  { output, signal }: Pick<CommandContext, 'output' | 'signal'>,
): LineSink {
  const send = (piece: string): Promise<void> => output.send('stdout', piece, signal);
  if (!output.json) return textSink(names, { timestamps: timestamps === true, output, signal });
  if (follow === true) {
    return {
      write: async (name, lines) => {
        if (lines.length > 0) await send(lines.map((line) => `${toJson({ name, ...line })}\n`).join(''));
      },
      fail: (name, error) => send(`${toJson({ name, error: error.toJSON() })}\n`),
      end: async (error) => {
        if (error !== undefined) await send(`${toJson({ error: error.toJSON() })}\n`);
      },
    };
  }
  const list = new JsonList(send);
  return {
    write: (name, lines) => list.add(lines.map((line) => ({ name, ...line }))),
    fail: (name, error) => list.add([{ name, error: error.toJSON() }]),
    end: (error) => list.end(error),
  };
}

function textSink(
  names: readonly string[],
  {
    timestamps,
    output,
    signal,
  }: { readonly timestamps: boolean; readonly output: Output; readonly signal: AbortSignal },
): LineSink {
  const labels = new Map(names.map((name) => [name, sanitizeLine(name)]));
  const width = Math.max(...[...labels.values()].map(widthOf));
  return {
    async write(name, lines) {
      for (const stream of ['stdout', 'stderr'] as const) {
        const isTerminal = output.isTerminal(stream);
        const { isColorSupported } = stream === 'stdout' ? output.colors : output.stderrColors;
        const prefix = `${padTo(labels.get(name) ?? '', width)} | `;
        const pieces = lines
          .filter((line) => line.stream === stream)
          .flatMap(({ time, line, base64 }) => {
            const bytes = base64 === undefined ? Buffer.from(line) : Buffer.from(base64, 'base64');
            const start = Buffer.from(`${prefix}${timestamps ? `${time} ` : ''}`);
            return [start, isTerminal ? Buffer.from(safeText(bytes, isColorSupported)) : bytes, NEWLINE];
          });
        if (pieces.length > 0) await output.send(stream, Buffer.concat(pieces), signal);
      }
    },
    fail: async () => {},
    end: async () => {},
  };
}

const NEWLINE = Buffer.from('\n');

function safeText(line: Uint8Array, isColored: boolean): string {
  const text = createContainerText(isColored);
  return text.show(line) + text.end();
}
