import type { OutputChunk } from '../../instance.ts';
import type { ReadLogsOptions } from '../../substrate/obj-substrate.ts';
import type { Engine } from '../engine.ts';

/** What a container has written. */
// biome-ignore lint/correctness/useYield: not built yet
export async function* readContainerLogs(
  _engine: Engine,
  _name: string,
  _options: ReadLogsOptions,
): AsyncGenerator<OutputChunk> {
  throw new Error('not built yet');
}
