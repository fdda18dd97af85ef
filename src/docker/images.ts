import { parseImageReference } from '../image-ref.ts';
import { asRecord } from '../lib/json.ts';
import type { CallOptions } from '../substrate/obj-substrate.ts';
import type { Engine } from './connection/engine.ts';
import { EngineHttpError } from './connection/engine-http.ts';
import { askEngine } from './containers/request.ts';

/**
 * Gives an image of the engine one more name; an image that had the name loses it.
 *
 * @param reference which image
 * @param name a full reference with a tag
 * @returns false when the engine has no such image
 */
export async function tagImage(
  engine: Engine,
  { reference, name }: { readonly reference: string; readonly name: string },
  options: CallOptions = {},
): Promise<boolean> {
  const { domain, path, tag = 'latest' } = parseImageReference(name);
  const query = new URLSearchParams({ repo: `${domain}/${path}`, tag });
  return request(engine, 'POST', `${imagePath(engine, reference)}/tag?${query}`, options);
}

/**
 * Takes a name off an image of the engine. The image goes with its last name, unless a container has it; what it is built of
 * stays in the build cache.
 *
 * @returns false when the engine has no image of that name
 */
export async function untagImage(engine: Engine, name: string, options: CallOptions = {}): Promise<boolean> {
  return request(engine, 'DELETE', imagePath(engine, name), options);
}

/** The full names of the engine's images that a pattern of `docker images` names: `example.com/axion/*:1.0`. */
export async function findImageNames(
  engine: Engine,
  patterns: readonly string[],
  { signal }: CallOptions = {},
): Promise<readonly string[]> {
  const filters = encodeURIComponent(JSON.stringify({ reference: patterns }));
  const ask = () => engine.http.list(`${engine.apiPath}/images/json?filters=${filters}`, { signal });
  const images = await askEngine(engine, ask, { signal });
  // An image is told with the names that match, or with all of them: that depends on the engine.
  return images.flatMap((image) => asTexts(asRecord(image)?.RepoTags));
}

function asTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
}

async function request(
  engine: Engine,
  method: 'POST' | 'DELETE',
  path: string,
  { signal }: CallOptions,
): Promise<boolean> {
  const send = async () => {
    const answer = await engine.http.send(path, { method, signal, timeoutMs: ANSWER_MS });
    answer.resume();
  };
  try {
    await askEngine(engine, send, { signal, expected: [404] });
    return true;
  } catch (error) {
    if (error instanceof EngineHttpError && error.status === 404) return false;
    throw error;
  }
}

/** Deleting a large image takes an engine on a slow disk a while. */
const ANSWER_MS = 60_000;

function imagePath(engine: Engine, reference: string): string {
  return `${engine.apiPath}/images/${reference.split('/').map(encodeURIComponent).join('/')}`;
}
