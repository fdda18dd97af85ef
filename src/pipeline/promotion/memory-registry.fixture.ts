import { createHash } from 'node:crypto';
import { ObjDockerError } from '../../errors.ts';
import { parsePipelineTag } from './tag-format.ts';
import type { TagStore } from './tag-store.ts';

/** The fault of a call: it fails, it takes effect and its response is lost, or the process is killed before or after it. */
export type Fault = 'fails' | 'response-lost' | 'killed-before' | 'killed-after';

/** A call of a store. */
export interface StoreCall {
  readonly name: 'read' | 'list' | 'fetch' | 'create' | 'move' | 'remove';
  readonly repository: string;
  readonly tag?: string;
}

export interface Client {
  readonly store: TagStore;
  /** Resolves when the process was killed. Its pending calls never settle. */
  readonly killed: Promise<'killed'>;
  readonly calls: StoreCall[];
}

/** A registry in memory, with processes that use it and whose calls can have faults. */
export class MemoryRegistry {
  readonly host = 'registry.test';
  /** By repository: the digest of each tag. */
  readonly tags = new Map<string, Map<string, string>>();
  /** Artifacts that nobody may read. */
  readonly unreadable = new Set<string>();
  readonly immutable = new Set<string>();
  readonly deleted = new Set<string>();
  readonly canRemove: boolean;

  constructor({ canRemove = true }: { canRemove?: boolean } = {}) {
    this.canRemove = canRemove;
  }

  get(repository: string, tag: string): string | undefined {
    return this.tags.get(repository)?.get(tag);
  }

  set(repository: string, tag: string, digest: string | undefined): void {
    const tags = this.tags.get(repository) ?? new Map<string, string>();
    this.tags.set(repository, tags);
    if (digest === undefined) tags.delete(tag);
    else tags.set(tag, digest);
  }

  /** Deletes an artifact with all its tags, as Harbor does. */
  deleteArtifact(digest: string): void {
    this.deleted.add(digest);
    for (const tags of this.tags.values()) for (const [tag, each] of tags) if (each === digest) tags.delete(tag);
  }

  /** Staging tags and journal tags, as `repository:tag`. */
  ownTags(): string[] {
    return [...this.tags].flatMap(([repository, tags]) =>
      [...tags.keys()].filter((tag) => parsePipelineTag(tag) !== undefined).map((tag) => `${repository}:${tag}`),
    );
  }

  /** A process that uses the registry. `faultOf` is called before each call. */
  connect(faultOf: (call: StoreCall, index: number) => Fault | undefined = () => undefined): Client {
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
      const fault = faultOf(what, calls.length);
      calls.push(what);
      if (fault === 'killed-before') return await kill();
      if (fault === 'fails') throw new ObjDockerError('REGISTRY_UNREACHABLE', `${what.name} got no response`);
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
      if (!this.immutable.has(`${repository}:${tag}`) || this.get(repository, tag) === undefined) return;
      throw new ObjDockerError('TAG_IMMUTABLE', `${repository}:${tag} is immutable`, { hint: 'Change the rule.' });
    };
    const checkExists = (digest: string): void => {
      if (this.deleted.has(digest)) throw new ObjDockerError('ARTIFACT_NOT_FOUND', `${digest} does not exist`);
    };
    return {
      host: this.host,
      canRemove: this.canRemove,
      read: (repository, tag, options) =>
        call({ name: 'read', repository, tag }, options?.signal, () => this.get(repository, tag)),
      listPipelineTags: (repository, options) =>
        call({ name: 'list', repository }, options?.signal, () =>
          [...(this.tags.get(repository) ?? [])]
            .filter(([name]) => parsePipelineTag(name) !== undefined)
            .map(([name, digest]) => (this.canRemove ? { name, digest } : { name })),
        ),
      fetchManifest: (repository, digest, options) =>
        call({ name: 'fetch', repository }, options?.signal, () => {
          checkExists(digest);
          if (this.unreadable.has(digest)) throw new ObjDockerError('PULL_PREVENTED', `nobody may pull ${digest}`);
          return { digest, mediaType: 'test', bytes: Buffer.from(digest) };
        }),
      create: (repository, digest, tag, options) =>
        call({ name: 'create', repository, tag }, options?.signal, () => {
          checkExists(digest);
          const holder = this.get(repository, tag);
          if (holder === undefined) this.set(repository, tag, digest);
          else if (holder !== digest) {
            throw new ObjDockerError('TAG_EXISTS', `${tag} is ${holder}`, { details: { digest: holder } });
          }
        }),
      move: (repository, { digest }, tag, options) =>
        call({ name: 'move', repository, tag }, options?.signal, () => {
          checkMutable(repository, tag);
          checkExists(digest);
          this.set(repository, tag, digest);
        }),
      remove: (repository, tag, options) =>
        call({ name: 'remove', repository, tag }, options?.signal, () => {
          checkMutable(repository, tag);
          if (!this.canRemove) throw new Error('a plain registry cannot remove a tag');
          this.set(repository, tag, undefined);
        }),
      isImmutable: async (repository, tag) => this.immutable.has(`${repository}:${tag}`),
      repositoriesOf: async () => [],
    };
  }
}

/** The digest of an image with this name. */
export function digestOf(name: string): string {
  return `sha256:${createHash('sha256').update(name).digest('hex')}`;
}
