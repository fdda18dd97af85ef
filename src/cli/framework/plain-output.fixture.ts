import { Writable } from 'node:stream';
import type { CommandContext } from './command.ts';
import { observeLosses } from './lost-streams.ts';
import { Output } from './output.ts';

/** Renders these events where there is no terminal, and returns what was written on stderr. */
export async function plainOutput<Event>(
  events: readonly Event[],
  render: (events: AsyncIterable<Event>, context: Pick<CommandContext, 'output' | 'interactive'>) => Promise<void>,
): Promise<string> {
  const [stdout, stderr] = [new TextSink(), new TextSink()];
  const output = new Output({
    stdout,
    stderr,
    losses: observeLosses({ stdout, stderr }),
    json: false,
    quiet: false,
    verbose: false,
    color: false,
  });
  async function* stream() {
    yield* events;
  }
  await render(stream(), { output, interactive: false });
  return stderr.text;
}

/** Keeps everything that is written to it. */
export class TextSink extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
