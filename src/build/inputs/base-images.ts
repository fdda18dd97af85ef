import { openImageRegistry } from '../../access/registry-access.ts';
import type { Package } from '../../config/package.ts';
import type { Engine } from '../../docker/connection/engine.ts';
import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import { parseImageReference } from '../../image-ref.ts';
import type { Environment } from '../../lib/environment.ts';
import { asRecord, parseObject } from '../../lib/json.ts';
import { createLimit } from '../../lib/limit.ts';
import { once } from '../../lib/shared-work.ts';
import type { Registry } from '../../registry/registry.ts';

/** What an image name points to. */
export type BaseImage =
  | {
      readonly digest: string;
      /** Where the digest is from: a build that asks another place may get another image. */
      readonly source: 'name' | 'registry' | 'engine' | 'last-known';
      /** Instructions that a build from it runs. */
      readonly onbuild: readonly string[];
    }
  | { readonly unknown: string };

export interface BaseImagesOptions {
  readonly pkg: Package;
  readonly environment: Environment;
  readonly signal?: AbortSignal | undefined;
  /** Connects to the engine; rejected when there is none. */
  readonly engine: () => Promise<Engine>;
  /**
   * Whether the registry is asked before the engine. A build on the engine uses an image that the engine has, unless it pulls; a build
   * for other platforms is pinned to what the registry has.
   */
  readonly registryFirst: boolean;
  /** The digest in the last release, by image name. */
  readonly lastKnown: (image: string) => string | undefined;
}

const CONCURRENCY = 8;
const REQUEST_MS = 10_000;

/** Finds what the images point to that a build starts or copies from, each once. */
export class BaseImages {
  readonly #options: BaseImagesOptions;
  readonly #found = new Map<string, Promise<BaseImage>>();
  readonly #registries = new Map<string, Promise<Registry>>();
  readonly #limit = createLimit(CONCURRENCY);
  readonly #engine: () => Promise<Engine | undefined>;

  constructor(options: BaseImagesOptions) {
    this.#options = options;
    this.#engine = once(() => options.engine().catch(unlessCancelled));
  }

  /**
   * What a name points to.
   *
   * @param image as the Dockerfile has it, arguments filled in
   * @throws {ObjDockerError} BASE_UNREACHABLE when neither the engine nor the registry has it, or the registry cannot be reached and
   * `image.baseUnreachable` is `fail`
   */
  find(image: string): Promise<BaseImage> {
    const known = this.#found.get(image) ?? this.#limit(() => this.#find(image), this.#options.signal);
    this.#found.set(image, known);
    return known;
  }

  /** All images that were asked for. */
  async all(): Promise<ReadonlyMap<string, BaseImage>> {
    return new Map(await Promise.all([...this.#found].map(async ([image, found]) => [image, await found] as const)));
  }

  /** The engine's own platform; undefined without an engine. */
  async enginePlatform(): Promise<string | undefined> {
    const info = await (await this.#engine())?.info({ signal: this.#options.signal });
    return info === undefined ? undefined : `${info.os}/${info.arch}`;
  }

  async #find(image: string): Promise<BaseImage> {
    const { registryFirst } = this.#options;
    const local = registryFirst ? undefined : await this.#inEngine(image);
    if (local !== undefined) return local;
    try {
      const remote = await this.#inRegistry(image);
      if (remote !== undefined) return remote;
    } catch (error) {
      if (!isObjDockerError(error) || error.code === 'CANCELLED') throw error;
      return (registryFirst ? await this.#inEngine(image) : undefined) ?? (await this.#unreachable(image, error));
    }
    const found = registryFirst ? await this.#inEngine(image) : undefined;
    if (found !== undefined) return found;
    throw new ObjDockerError(
      'BASE_UNREACHABLE',
      `there is no image ${image}: neither the engine nor its registry has it`,
      {
        hint: 'Correct the FROM line, image.baseImage or image.baseRuntimeImage, or build or load that image first.',
        details: { image },
      },
    );
  }

  async #inEngine(image: string): Promise<BaseImage | undefined> {
    const found = await (await this.#engine())?.inspectImage(image, { signal: this.#options.signal });
    if (found === undefined) return undefined;
    const { domain, path } = parseImageReference(image);
    const pulled = found.digests
      .map((name) => parseImageReference(name))
      .find((reference) => reference.domain === domain && reference.path === path);
    return { digest: pulled?.digest ?? found.id, source: 'engine', onbuild: found.onbuild };
  }

  async #inRegistry(image: string): Promise<BaseImage | undefined> {
    const { domain, path, tag = 'latest', digest } = parseImageReference(image);
    const options = { signal: this.#options.signal, timeoutMs: REQUEST_MS };
    const registry = await this.#registryOf(domain);
    const manifest = await registry.getManifest(path, digest ?? tag, options);
    if (manifest === undefined) return undefined;
    const source = digest === undefined ? 'registry' : 'name';
    const [first] = manifest.entries ?? [];
    const single = first === undefined ? manifest : await registry.getManifest(path, first.digest, options);
    return { digest: manifest.digest, source, onbuild: await onbuildOf(registry, path, single?.bytes, options) };
  }

  #registryOf(domain: string): Promise<Registry> {
    const { pkg, environment, signal } = this.#options;
    const known = this.#registries.get(domain) ?? openImageRegistry(domain, pkg, { environment, signal });
    this.#registries.set(domain, known);
    return known;
  }

  async #unreachable(image: string, error: ObjDockerError): Promise<BaseImage> {
    const { pkg, lastKnown, signal } = this.#options;
    if (pkg.image.baseUnreachable === 'last-known') {
      const digest = lastKnown(image);
      if (digest !== undefined) return { digest, source: 'last-known', onbuild: [] };
      return { unknown: `the registry of ${image} cannot be reached, and no release names its digest` };
    }
    const { domain } = parseImageReference(image);
    const mirrors = domain === 'docker.io' ? ((await (await this.#engine())?.info({ signal }))?.mirrors ?? []) : [];
    // The engine may get the image where ObjDocker does not.
    if (mirrors.length > 0) return { unknown: `only the engine's mirror ${mirrors.join(', ')} knows ${image}` };
    throw new ObjDockerError('BASE_UNREACHABLE', `cannot look up the base image ${image}: ${error.message}`, {
      hint: 'Pull or load it into the engine, or correct the registry. To go on with the digest of the last release: image.baseUnreachable: last-known',
      details: { image },
      cause: error,
    });
  }
}

async function onbuildOf(
  registry: Registry,
  path: string,
  manifest: Uint8Array | undefined,
  options: { readonly signal: AbortSignal | undefined; readonly timeoutMs: number },
): Promise<readonly string[]> {
  const config = asRecord(parseObject(Buffer.from(manifest ?? []).toString('utf8'))?.config)?.digest;
  const blob = typeof config === 'string' ? await registry.getBlob(path, config, options) : undefined;
  const image = parseObject(Buffer.from(blob ?? []).toString('utf8'));
  const triggers = asRecord(image?.config)?.OnBuild;
  return Array.isArray(triggers) ? triggers.filter((trigger) => typeof trigger === 'string') : [];
}

function unlessCancelled(error: unknown): undefined {
  if (!isObjDockerError(error) || error.code === 'CANCELLED') throw error;
  return undefined;
}
