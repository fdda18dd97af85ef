import { parseImageReference } from '../image-ref.ts';
import { asRecord } from '../lib/json.ts';
import type { CallOptions } from '../substrate/obj-substrate.ts';
import type { Engine } from './connection/engine.ts';
import { EngineHttpError } from './connection/http.ts';
import { requestEngine } from './connection/request.ts';

/**
 * Tags an image of the engine. An image that had the tag loses it.
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
 * Removes a tag from an image of the engine. The engine deletes the image with its last tag, unless a container uses it; its
 * layers stay in the build cache.
 *
 * @returns false when the engine has no image of that name
 */
export async function untagImage(engine: Engine, name: string, options: CallOptions = {}): Promise<boolean> {
  return request(engine, 'DELETE', imagePath(engine, name), options);
}

/** The full names of the engine's images that match a pattern of `docker images`: `example.com/axion/*:1.0`. */
export async function findImageNames(
  engine: Engine,
  patterns: readonly string[],
  { signal }: CallOptions = {},
): Promise<readonly string[]> {
  const filters = encodeURIComponent(JSON.stringify({ reference: patterns }));
  const send = () => engine.http.list(`${engine.apiPath}/images/json?filters=${filters}`, { signal });
  const images = await requestEngine(engine, send, { signal });
  // Some engines list only the matching names of an image, others all of them.
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
    const response = await engine.http.send(path, { method, signal, timeoutMs: RESPONSE_TIMEOUT_MS });
    response.resume();
  };
  try {
    await requestEngine(engine, send, { signal, expected: [404] });
    return true;
  } catch (error) {
    if (error instanceof EngineHttpError && error.status === 404) return false;
    throw error;
  }
}

/** An engine on a slow disk needs long to delete a large image. */
const RESPONSE_TIMEOUT_MS = 60_000;

function imagePath(engine: Engine, reference: string): string {
  return `${engine.apiPath}/images/${reference.split('/').map(encodeURIComponent).join('/')}`;
}
