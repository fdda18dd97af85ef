import { isObjDockerError } from '../../errors.ts';
import { type ImageReference, parseImageReference } from '../../image-ref.ts';
import type { Instance } from '../../model/instance.ts';
import type { ListInstancesOptions } from '../../substrate/obj-substrate.ts';
import type { Engine } from '../connection/engine.ts';
import { compare, readInstance } from './read-instance.ts';
import { askEngine } from './request.ts';

/**
 * The engine's containers that pass all filters, newest first, by one request.
 *
 * @throws {ObjDockerError} REFERENCE_INVALID for an image that is neither a reference nor an id.
 */
export async function listContainers(engine: Engine, options: ListInstancesOptions): Promise<readonly Instance[]> {
  const { labels = [], states = [], names = [], images = [], signal } = options;
  const matchers = images.map(imageMatcher);
  const filters = {
    ...(labels.length === 0 ? {} : { label: labels }),
    ...(states.length === 0 ? {} : { status: states }),
  };
  const path = `${engine.apiPath}/containers/json?all=1&filters=${encodeURIComponent(JSON.stringify(filters))}`;
  const rows = await askEngine(engine, () => engine.http.list(path, { signal }), { signal });
  return rows
    .flatMap((row) => readInstance(row) ?? [])
    .filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)))
    .filter(({ image }) => matchers.length === 0 || matchers.some((matches) => matches(image)))
    .sort((a, b) => compare(b.created, a.created));
}

type Image = Instance['image'];

/** Whether a container's image is the wanted one: names are compared with Docker Hub's short forms written out. */
function imageMatcher(wanted: string): (image: Image) => boolean {
  const [, hex] = /^(?:sha256:)?([0-9a-f]{12,64})$/.exec(wanted) ?? [];
  const byId = ({ id }: Image): boolean => hex !== undefined && id.startsWith(`sha256:${hex}`);
  const reference = hex === undefined ? parseImageReference(wanted) : parseOrUndefined(wanted);
  if (reference === undefined) return byId;
  return (image) => byId(image) || hasReference(image, reference);
}

function hasReference({ reference, id }: Image, wanted: ImageReference): boolean {
  const has = parseOrUndefined(reference);
  if (has?.domain !== wanted.domain || has.path !== wanted.path) return false;
  // With the containerd store, an image's id is the digest that it has in a registry.
  if (wanted.digest !== undefined) return wanted.digest === has.digest || wanted.digest === id;
  return wanted.tag === undefined || wanted.tag === (has.tag ?? (has.digest === undefined ? 'latest' : undefined));
}

/** What the engine prints for an image need not be a reference: it may be an id, or the beginning of one. */
function parseOrUndefined(text: string): ImageReference | undefined {
  try {
    return parseImageReference(text);
  } catch (error) {
    if (isObjDockerError(error)) return undefined;
    throw error;
  }
}
