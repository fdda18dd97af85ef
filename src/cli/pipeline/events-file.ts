import { type FileHandle, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ObjDockerError } from '../../errors.ts';
import { makeFolders } from '../../lib/files/files.ts';
import { toJson } from '../../lib/json.ts';
import type { PipelineEvent } from '../../pipeline/events.ts';
import type { CommandContext } from '../framework/command.ts';
import { isClosedPipe } from '../framework/lost-streams.ts';

/** The target of `--events`: one JSON object per line, written as it happens. */
export interface EventSink extends AsyncDisposable {
  /** Never fails: a failed write sets `failure`, and the run continues. */
  write(event: PipelineEvent): Promise<void>;
  readonly failure: ObjDockerError | undefined;
  /** The events go to stdout, so the readable result must not. */
  readonly onStdout: boolean;
}

/** Yields the events, each after it was written. */
export async function* recordEvents(
  events: AsyncIterable<PipelineEvent>,
  sink: EventSink,
): AsyncGenerator<PipelineEvent, void, void> {
  for await (const event of events) {
    await sink.write(event);
    yield event;
  }
}

/**
 * Opens the file of `--events`; `-` is stdout.
 *
 * @throws {ObjDockerError} OUTPUT_FAILED when the file cannot be created.
 */
export async function openEvents(
  name: string,
  { environment, output, signal }: Pick<CommandContext, 'environment' | 'output' | 'signal'>,
): Promise<EventSink> {
  if (name === '-') {
    return new LineSink(async (line) => {
      try {
        await output.send('stdout', line, signal);
      } catch (error) {
        // A cancelled run does not wait for a slow reader.
        if (!signal.aborted) throw error;
      }
    });
  }
  const path = resolve(environment.cwd, name);
  const opened = makeFolders(dirname(path)).then(() => open(path, 'w'));
  const file = await opened.catch((cause) => {
    throw eventsError(name, cause);
  });
  return new LineSink((line) => file.appendFile(line), { name, file });
}

class LineSink implements EventSink {
  failure: ObjDockerError | undefined;
  readonly onStdout: boolean;
  readonly #send: (line: string) => Promise<void>;
  readonly #target: { readonly name: string; readonly file: FileHandle } | undefined;

  constructor(
    send: (line: string) => Promise<void>,
    target?: { readonly name: string; readonly file: FileHandle } | undefined,
  ) {
    this.#send = send;
    this.#target = target;
    this.onStdout = target === undefined;
  }

  async write(event: PipelineEvent): Promise<void> {
    if (this.failure !== undefined) return;
    try {
      await this.#send(`${toJson(withoutScans(event))}\n`);
    } catch (cause) {
      // Who reads a pipe may leave: the events are for them alone.
      if (!isClosedPipe(cause)) this.failure = eventsError(this.#target?.name ?? 'stdout', cause);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#target?.file.close();
  }
}

/** Drops the scans of `run-finished`: they can hold hundreds of thousands of findings, which the reports have. */
function withoutScans(event: PipelineEvent): unknown {
  return event.type === 'run-finished' ? { type: event.type, run: event.run } : event;
}

function eventsError(name: string, cause: unknown): ObjDockerError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  return new ObjDockerError('OUTPUT_FAILED', `cannot write the events to ${name}: ${reason}`, {
    hint: 'Name a file in a writable folder with free disk space.',
    cause,
  });
}
