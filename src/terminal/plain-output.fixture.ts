import { PassThrough } from 'node:stream';
import type { CommandContext } from '../cli/framework/command.ts';
import { Output } from '../cli/framework/output.ts';

/** What a renderer writes on stderr where there is no terminal, when it is shown these events. */
export async function plainOutput<Event>(
  events: readonly Event[],
  render: (events: AsyncIterable<Event>, context: Pick<CommandContext, 'output' | 'interactive'>) => Promise<void>,
): Promise<string> {
  const stderr = new PassThrough();
  const stdout = new PassThrough();
  const output = new Output({ stdout, stderr, json: false, quiet: false, verbose: false, color: false });
  async function* stream() {
    yield* events;
  }
  await render(stream(), { output, interactive: false });
  return String(stderr.read() ?? '');
}
