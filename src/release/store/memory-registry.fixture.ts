import { createHash } from 'node:crypto';
import { ObjDockerError } from '../../errors.ts';
import { isImageTag } from '../release-tags.ts';
import { parseStagingTag } from '../staging-tag.ts';
import type { TagStore } from './tag-store.ts';

/** What happens to a call: it fails without effect, its response is lost, or the process is killed before or after it. */
export type Fault = 'fails' | 'response-lost' | 'killed-before' | 'killed-after';

export interface StoreCall {
  readonly name: 'find' | 'list' | 'fetch' | 'push' | 'create' | 'claim' | 'move' | 'remove';
  readonly repository: string;
  readonly tag?: string;
}

/** A process that uses the registry. */
export interface Client {
  readonly store: TagStore;
  /** Resolves when a fault has killed the process: its promises never settle then. */
  readonly killed: Promise<'killed'>;
  readonly calls: readonly StoreCall[];
}

/** The tags, images and records of a registry in memory, with the rules of the two real kinds. */
export class MemoryRegistry {
  readonly host = 'registry.test';
  /** By repository and tag. */
  readonly tags = new Map<string, Map<string, string>>();
  /** Content by digest: manifests of records and their blobs. */
  readonly content = new Map<string, Uint8Array>();
  readonly deleted = new Set<string>();
  /** Digests that nobody may pull. */
  readonly unreadable = new Set<string>();
  /** `repository:tag` of immutable tags; `*` for all. */
  readonly immutable = new Set<string>();
  /** Every digest that a public tag pointed to, by `repository:tag`. */
  readonly pointed = new Map<string, Set<string | undefined>>();
  /** The permissions that the processes lack. */
  readonly forbidden = new Set<'create' | 'remove'>();
  readonly isPlain: boolean;
  /** Called before each call, by any process. */
  onCall: (call: StoreCall) => void = () => {};

  constructor({ isPlain = false }: { isPlain?: boolean } = {}) {
    this.isPlain = isPlain;
  }

  get(repository: string, tag: string): string | undefined {
    return this.tags.get(repository)?.get(tag);
  }

  set(repository: string, tag: string, digest: string | undefined): void {
    const tags = this.tags.get(repository) ?? new Map<string, string>();
    this.tags.set(repository, tags);
    if (digest === undefined) tags.delete(tag);
    else tags.set(tag, digest);
    const name = `${repository}:${tag}`;
    const pointed = this.pointed.get(name) ?? new Set();
    this.pointed.set(name, pointed.add(digest));
  }

  /** Deletes what no tag keeps, as Harbor's garbage collection with untagged artifacts does. */
  collectGarbage(): void {
    const tagged = new Set([...this.tags.values()].flatMap((tags) => [...tags.values()]));
    for (const digest of this.content.keys()) {
      const manifest = parse(this.content.get(digest));
      if (manifest?.artifactType !== undefined && !tagged.has(digest)) this.content.delete(digest);
    }
    for (const digest of this.images) if (!tagged.has(digest)) this.deleted.add(digest);
  }

  /** Digests of images, which garbage collection may delete. */
  readonly images = new Set<string>();

  /** Staging tags, as `repository:tag`. */
  stagingTags(): string[] {
    return this.#names((tag) => parseStagingTag(tag) !== undefined);
  }

  /** The tags that keep images, as `repository:tag`. */
  imageTags(): string[] {
    return this.#names(isImageTag);
  }

  #names(wanted: (tag: string) => boolean): string[] {
    return [...this.tags].flatMap(([repository, tags]) =>
      [...tags.keys()].filter(wanted).map((tag) => `${repository}:${tag}`),
    );
  }

  /** A process that uses the registry. `faultOf` is called before each call; `pause` may hold it back. */
  connect(
    faultOf: (call: StoreCall, index: number) => Fault | undefined = () => undefined,
    pause: (call: StoreCall, index: number) => Promise<void> = async () => {},
  ): Client {
    const calls: StoreCall[] = [];
    let isDead = false;
    let die: (value: 'killed') => void = () => {};
    const killed = new Promise<'killed'>((resolve) => (die = resolve));
    const forEver = new Promise<never>(() => {});
    const kill = (): Promise<never> => {
      isDead = true;
      die('killed');
      return forEver;
    };
    const call = async <T>(what: StoreCall, signal: AbortSignal | undefined, effect: () => T): Promise<T> => {
      await Promise.resolve();
      if (isDead) return await forEver;
      if (signal?.aborted) throw new ObjDockerError('CANCELLED', 'cancelled');
      const index = calls.length;
      calls.push(what);
      await pause(what, index);
      const fault = faultOf(what, index);
      if (fault === 'killed-before') return await kill();
      if (fault === 'fails') throw new ObjDockerError('REGISTRY_UNREACHABLE', `${what.name} got no response`);
      this.onCall(what);
      const result = effect();
      await Promise.resolve();
      if (fault === 'killed-after') return await kill();
      if (isDead) return await forEver;
      if (fault === 'response-lost')
        throw new ObjDockerError('REGISTRY_UNREACHABLE', `the response to ${what.name} was lost`);
      return result;
    };
    return { store: this.#store(call), killed, calls };
  }

  #store(call: <T>(what: StoreCall, signal: AbortSignal | undefined, effect: () => T) => Promise<T>): TagStore {
    const checkMutable = (repository: string, tag: string): void => {
      const isImmutable = this.immutable.has('*') || this.immutable.has(`${repository}:${tag}`);
      if (!isImmutable || this.get(repository, tag) === undefined) return;
      throw new ObjDockerError('TAG_IMMUTABLE', `${repository}:${tag} is immutable`, { hint: 'Change the rule.' });
    };
    const checkExists = (digest: string): void => {
      const isGone = this.deleted.has(digest) || (!this.images.has(digest) && !this.content.has(digest));
      if (isGone) throw new ObjDockerError('ARTIFACT_NOT_FOUND', `${digest} does not exist`);
    };
    const checkAllowed = (what: 'create' | 'remove'): void => {
      if (this.forbidden.has(what)) throw new ObjDockerError('REGISTRY_FORBIDDEN', `tag:${what} is missing`);
    };
    const create = (repository: string, digest: string, tag: string): void => {
      checkExists(digest);
      const holder = this.get(repository, tag);
      if (holder === undefined) this.set(repository, tag, digest);
      else if (holder !== digest) {
        throw new ObjDockerError('TAG_EXISTS', `${tag} is ${holder}`, { details: { tag, digest: holder } });
      }
    };
    const tagsOf = (repository: string, digest: string) =>
      [...(this.tags.get(repository) ?? [])]
        .filter(([, each]) => each === digest)
        .map(([name]) => ({ name, immutable: this.immutable.has('*') || this.immutable.has(`${repository}:${name}`) }));
    const claim: TagStore['claim'] = (repository, digest, tag, options) =>
      call({ name: 'claim', repository, tag }, options?.signal, () => {
        checkAllowed('create');
        create(repository, digest, tag);
      });
    return {
      host: this.host,
      canRemove: !this.isPlain,
      claimsAreFinal: !this.isPlain,
      find: (repository, tag, options) =>
        call({ name: 'find', repository, tag }, options?.signal, () => {
          const digest = this.get(repository, tag);
          if (digest === undefined) return undefined;
          return this.isPlain ? { digest } : { digest, tags: tagsOf(repository, digest) };
        }),
      listStagingTags: (repository, options) =>
        call({ name: 'list', repository }, options?.signal, () =>
          [...(this.tags.get(repository) ?? [])]
            .filter(([name]) => parseStagingTag(name) !== undefined)
            .map(([name, digest]) => (this.isPlain ? { name } : { name, digest })),
        ),
      latestTags: (repository, options) =>
        call({ name: 'list', repository }, options?.signal, () =>
          this.isPlain ? undefined : [...(this.tags.get(repository)?.keys() ?? [])].slice(-15),
        ),
      fetchManifest: (repository, digest, options) =>
        call({ name: 'fetch', repository }, options?.signal, () => {
          checkExists(digest);
          if (this.unreadable.has(digest)) throw new ObjDockerError('PULL_PREVENTED', `nobody may pull ${digest}`);
          return { digest, mediaType: 'test', bytes: this.content.get(digest) ?? Buffer.from(digest) };
        }),
      fetchBlob: (repository, digest, options) =>
        call({ name: 'fetch', repository }, options?.signal, () => {
          const content = this.content.get(digest);
          if (content !== undefined) return content;
          throw new ObjDockerError('ARTIFACT_NOT_FOUND', `${digest} does not exist`);
        }),
      pushRecord: (repository, { manifest, blobs }, options) =>
        call({ name: 'push', repository }, options?.signal, () => {
          for (const { digest, bytes } of blobs) this.content.set(digest, bytes);
          this.content.set(manifest.digest, manifest.bytes);
        }),
      create: (repository, digest, tag, options) =>
        call({ name: 'create', repository, tag }, options?.signal, () => create(repository, digest, tag)),
      claim: this.isPlain
        ? async (repository, digest, tag, options) => {
            // Look, put, read back: others may come between.
            await call({ name: 'find', repository, tag }, options?.signal, () => {
              const holder = this.get(repository, tag);
              if (holder !== undefined && holder !== digest)
                throw new ObjDockerError('TAG_EXISTS', tag, { details: { tag, digest: holder } });
            });
            await call({ name: 'claim', repository, tag }, options?.signal, () => {
              checkExists(digest);
              this.set(repository, tag, digest);
            });
            await call({ name: 'find', repository, tag }, options?.signal, () => {
              const holder = this.get(repository, tag);
              if (holder !== digest) throw new ObjDockerError('TAG_EXISTS', tag, { details: { tag, digest: holder } });
            });
          }
        : claim,
      move: (repository, { digest }, tag, options) =>
        call({ name: 'move', repository, tag }, options?.signal, () => {
          checkMutable(repository, tag);
          checkExists(digest);
          this.set(repository, tag, digest);
        }),
      remove: (repository, tag, options) =>
        call({ name: 'remove', repository, tag }, options?.signal, () => {
          checkMutable(repository, tag);
          checkAllowed('remove');
          if (this.isPlain) throw new Error('a plain registry cannot remove a tag');
          this.set(repository, tag, undefined);
        }),
      repositoriesOf: async () => [],
    };
  }

  /** Adds an image, so that tags can point to it. */
  addImage(name: string): string {
    const digest = digestOf(name);
    this.images.add(digest);
    return digest;
  }
}

function parse(bytes: Uint8Array | undefined): { readonly artifactType?: string } | undefined {
  try {
    return JSON.parse(Buffer.from(bytes ?? []).toString('utf8')) as { readonly artifactType?: string };
  } catch {
    return undefined;
  }
}

/** The digest of an image with this name. */
export function digestOf(name: string): string {
  return `sha256:${createHash('sha256').update(name).digest('hex')}`;
}
