import { isObjDockerError } from '../../errors.ts';
import { type ImageReference, parseImageReference } from '../../image-ref.ts';
import type { Instance } from '../../model/instance.ts';
import type { ListInstancesOptions } from '../../substrate/obj-substrate.ts';
import type { Engine } from '../connection/engine.ts';
import { requestEngine } from '../connection/request.ts';
import { compare, readInstance } from './read-instance.ts';

/**
 * Lists the containers that pass all filters, newest first, with one request.
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
  const rows = await requestEngine(engine, () => engine.http.list(path, { signal }), { signal });
  return rows
    .flatMap((row) => readInstance(row) ?? [])
    .filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)))
    .filter(({ image }) => matchers.length === 0 || matchers.some((matches) => matches(image)))
    .sort((a, b) => compare(b.created, a.created));
}

type Image = Instance['image'];

/** Makes a test for a container's image. Docker Hub's short names are expanded before names are compared. */
function imageMatcher(wanted: string): (image: Image) => boolean {
  const [, hex] = /^(?:sha256:)?([0-9a-f]{12,64})$/.exec(wanted) ?? [];
  const byId = ({ id }: Image): boolean => hex !== undefined && id.startsWith(`sha256:${hex}`);
  const reference = hex === undefined ? parseImageReference(wanted) : parseOrUndefined(wanted);
  if (reference === undefined) return byId;
  return (image) => byId(image) || hasReference(image, reference);
}

function hasReference({ reference, id }: Image, wanted: ImageReference): boolean {
  const actual = parseOrUndefined(reference);
  if (actual?.domain !== wanted.domain || actual.path !== wanted.path) return false;
  // With the containerd store, an image's id is its digest in a registry.
  if (wanted.digest !== undefined) return wanted.digest === actual.digest || wanted.digest === id;
  return (
    wanted.tag === undefined || wanted.tag === (actual.tag ?? (actual.digest === undefined ? 'latest' : undefined))
  );
}

/** The engine may print an id, or its beginning, instead of a reference. */
function parseOrUndefined(text: string): ImageReference | undefined {
  try {
    return parseImageReference(text);
  } catch (error) {
    if (isObjDockerError(error)) return undefined;
    throw error;
  }
}
