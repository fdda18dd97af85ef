import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ObjDockerError } from '../../errors.ts';
import type { PipelineEvent } from '../../pipeline/events.ts';
import type { CommandContext } from '../framework/command.ts';

/** Where `--events` writes: a JSON document a line, each as it happens. */
export interface EventSink extends AsyncDisposable {
  /** Never fails: what keeps an event from being written is `failure`, and the run goes on. */
  write(event: PipelineEvent): Promise<void>;
  readonly failure: ObjDockerError | undefined;
  /** The answer for people has to go elsewhere, then. */
  readonly onStdout: boolean;
}

/** The events, each written down before it is handed on. */
export async function* recorded(
  events: AsyncIterable<PipelineEvent>,
  sink: EventSink,
): AsyncGenerator<PipelineEvent, void, void> {
  for await (const event of events) {
    await sink.write(event);
    yield event;
  }
}

/**
 * Opens what `--events` names; `-` is stdout.
 *
 * @throws {ObjDockerError} OUTPUT_FAILED when the file cannot be made.
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
        // It is on its way: a run that is cancelled waits for no reader.
        if (!signal.aborted) throw error;
      }
    });
  }
  const path = resolve(environment.cwd, name);
  const file = await open(path, 'w').catch((cause) => {
    throw failed(name, cause);
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
      await this.#send(`${JSON.stringify(bounded(event))}\n`);
    } catch (cause) {
      this.failure = failed(this.#target?.name ?? 'stdout', cause);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#target?.file.close();
  }
}

/** The scans of a run may hold hundreds of thousands of findings: they are in its reports. */
function bounded(event: PipelineEvent): unknown {
  return event.type === 'run-finished' ? { type: event.type, run: event.run } : event;
}

function failed(name: string, cause: unknown): ObjDockerError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  return new ObjDockerError('OUTPUT_FAILED', `the events cannot be written to ${name}: ${reason}`, {
    hint: 'Name a file in a folder that is there, that you may write to, and that has room.',
    cause,
  });
}
