import { parseObject } from '../../lib/json.ts';

/** Yields the JSON objects of a stream with one object per line, the format of the engine's long responses. */
export async function* readJsonLines(
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield* objectsOf(line);
  }
  yield* objectsOf(rest + decoder.decode());
}

function* objectsOf(line: string): Generator<Readonly<Record<string, unknown>>> {
  const value = line.trim() === '' ? undefined : parseObject(line);
  if (value !== undefined) yield value;
}
