import { createHash } from 'node:crypto';
import { ObjDockerError } from '../../errors.ts';
import { readStagingTag } from './staging-tag.ts';
import type { TagStore } from './tag-store.ts';

/** What befalls a call: it is not done, or done and its answer lost; or the process dies before it, or after it. */
export type Fault = 'fails' | 'answer-lost' | 'killed-before' | 'killed-after';

/** A call of a store. */
export interface StoreCall {
  readonly name: 'read' | 'list' | 'fetch' | 'make' | 'move' | 'remove';
  readonly repository: string;
  readonly tag?: string;
}

export interface Machine {
  readonly store: TagStore;
  /** Resolves when the process was killed; whatever it waits for never ends. */
  readonly killed: Promise<'killed'>;
  readonly calls: StoreCall[];
}

/** A registry in memory: repositories with artifacts and tags, as `machine` sees it through what befalls its calls. */
export class MemoryRegistry {
  readonly host = 'registry.test';
  /** Digests by tag, by repository. */
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

  /** As Harbor does: with all its tags. */
  deleteArtifact(digest: string): void {
    this.deleted.add(digest);
    for (const tags of this.tags.values()) for (const [tag, each] of tags) if (each === digest) tags.delete(tag);
  }

  /** Tags of the pipeline's form, as `repository:tag`. */
  ownTags(): string[] {
    return [...this.tags].flatMap(([repository, tags]) =>
      [...tags.keys()].filter((tag) => readStagingTag(tag) !== undefined).map((tag) => `${repository}:${tag}`),
    );
  }

  /** A process that speaks to it. `befall` is asked before each call. */
  machine(befall: (call: StoreCall, index: number) => Fault | undefined = () => undefined): Machine {
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
      const fault = befall(what, calls.length);
      calls.push(what);
      if (fault === 'killed-before') return await kill();
      if (fault === 'fails') throw new ObjDockerError('REGISTRY_UNREACHABLE', `${what.name} got no answer`);
      const result = effect();
      await Promise.resolve();
      if (fault === 'killed-after') return await kill();
      if (isDead) return await forEver;
      if (fault === 'answer-lost')
        throw new ObjDockerError('REGISTRY_UNREACHABLE', `the answer to ${what.name} got lost`);
      return result;
    };
    return { store: this.#store(call), killed, calls };
  }

  #store(call: <T>(what: StoreCall, signal: AbortSignal | undefined, effect: () => T) => Promise<T>): TagStore {
    const refuseImmutable = (repository: string, tag: string): void => {
      if (!this.immutable.has(`${repository}:${tag}`) || this.get(repository, tag) === undefined) return;
      throw new ObjDockerError('TAG_IMMUTABLE', `${repository}:${tag} is immutable`, { hint: 'Change the rule.' });
    };
    const refuseMissing = (digest: string): void => {
      if (this.deleted.has(digest)) throw new ObjDockerError('ARTIFACT_NOT_FOUND', `there is no ${digest}`);
    };
    return {
      host: this.host,
      canRemove: this.canRemove,
      read: (repository, tag, options) =>
        call({ name: 'read', repository, tag }, options?.signal, () => this.get(repository, tag)),
      listStaging: (repository, options) =>
        call({ name: 'list', repository }, options?.signal, () =>
          [...(this.tags.get(repository) ?? [])]
            .filter(([name]) => readStagingTag(name) !== undefined)
            .map(([name, digest]) => (this.canRemove ? { name, digest } : { name })),
        ),
      fetch: (repository, digest, options) =>
        call({ name: 'fetch', repository }, options?.signal, () => {
          refuseMissing(digest);
          if (this.unreadable.has(digest)) throw new ObjDockerError('PULL_PREVENTED', `nobody may pull ${digest}`);
          return { digest, mediaType: 'test', bytes: Buffer.from(digest) };
        }),
      make: (repository, digest, tag, options) =>
        call({ name: 'make', repository, tag }, options?.signal, () => {
          refuseMissing(digest);
          const holder = this.get(repository, tag);
          if (holder === undefined) this.set(repository, tag, digest);
          else if (holder !== digest) {
            throw new ObjDockerError('TAG_EXISTS', `${tag} is ${holder}`, { details: { digest: holder } });
          }
        }),
      move: (repository, { digest }, tag, options) =>
        call({ name: 'move', repository, tag }, options?.signal, () => {
          refuseImmutable(repository, tag);
          refuseMissing(digest);
          this.set(repository, tag, digest);
        }),
      remove: (repository, tag, options) =>
        call({ name: 'remove', repository, tag }, options?.signal, () => {
          refuseImmutable(repository, tag);
          if (!this.canRemove) throw new Error('a plain registry removes nothing');
          this.set(repository, tag, undefined);
        }),
      isImmutable: async (repository, tag) => this.immutable.has(`${repository}:${tag}`),
      repositoriesOf: async () => [],
    };
  }
}

/** A digest that is told by a name. */
export function digestOf(name: string): string {
  return `sha256:${createHash('sha256').update(name).digest('hex')}`;
}
