import type { Promotion, Recovery } from '../../model/pipeline-run.ts';
import type { ReleaseImage } from '../../release/new-record.ts';
import { type History, ReleaseRecords } from '../../release/records.ts';
import { digestOf, type MemoryRegistry } from '../../release/store/memory-registry.fixture.ts';
import { readTag, type TagStore } from '../../release/store/tag-store.ts';
import { PROMOTION_DEADLINES, type PromotionDeadlines } from './deadlines.ts';
import { type PromoteResult, promote, type ReleasePlan } from './promote.ts';
import { settle } from './settle.ts';

export const TAG = '1.0';
export const RECORDS = 'axion/shop-releases';
export const QUICK: PromotionDeadlines = { ...PROMOTION_DEADLINES, retryMs: 0, settleMs: 0, undoMs: 40, movesMs: 400 };

/** What a public tag points to before the first release. */
export type Before = 'old' | 'absent' | 'same';

export interface MachineOptions {
  readonly store: TagStore;
  readonly run: string;
  /** The name of the images: `new`, as in {@link imageOf}. */
  readonly images: string;
  /** The services that it builds. @default all */
  readonly services?: readonly string[];
  readonly tags?: readonly string[];
  readonly deadlines?: PromotionDeadlines;
  readonly signal?: AbortSignal;
  readonly onPromotion?: (reference: string, promotion: Promotion) => void;
  readonly onWarning?: (message: string) => void;
  readonly onRecovered?: (recovery: Recovery) => void;
}

/** The digest of an image of a service. */
export function imageOf(repository: string, name: string): string {
  return digestOf(`${repository} ${name}`);
}

/** Thrown by a machine that finds a public tag moved by hand. */
export class MovedByHand extends Error {}

/** A package with some services in a registry in memory. */
export class Shop {
  readonly registry: MemoryRegistry;
  readonly repositories: readonly string[];

  constructor(registry: MemoryRegistry, befores: readonly Before[]) {
    this.registry = registry;
    this.repositories = befores.map((_, index) => `axion/service${index}`);
    for (const [index, repository] of this.repositories.entries()) {
      for (const name of ['old', 'new', 'next', 'theirs', 'third']) registry.addImage(`${repository} ${name}`);
      const before = befores[index];
      if (before !== 'absent') registry.set(repository, TAG, imageOf(repository, before === 'same' ? 'new' : 'old'));
      for (const name of ['new', 'next', 'third']) this.stage(repository, name);
    }
  }

  /** Keeps an image by the staging tag of its run. */
  stage(repository: string, name: string): void {
    this.registry.set(repository, stagingTagOf(name), imageOf(repository, name));
  }

  /** What the public tags point to, as names of images; `mixed` when they differ. */
  get state(): string {
    const names = new Set(this.repositories.map((repository) => this.nameOf(repository)));
    return names.size === 1 ? ([...names][0] ?? 'none') : 'mixed';
  }

  nameOf(repository: string, tag = TAG): string {
    const digest = this.registry.get(repository, tag);
    if (digest === undefined) return 'absent';
    return ['old', 'new', 'next', 'third', 'theirs'].find((name) => imageOf(repository, name) === digest) ?? digest;
  }

  records(store: TagStore = this.registry.connect().store): ReleaseRecords {
    return new ReleaseRecords({ store, repository: RECORDS, package: 'shop' });
  }

  /** Settles what earlier runs have left, as the stage `recover` does. */
  async settle(options: Omit<MachineOptions, 'images'>): Promise<History> {
    const { store, run, deadlines = QUICK, signal } = options;
    return await settle({
      store,
      records: this.records(store),
      run,
      deadlines,
      signal,
      onWaiting: () => {},
      onRecovered: options.onRecovered ?? (() => {}),
      onWarning: options.onWarning ?? (() => {}),
    });
  }

  /** Releases images, as the stages `recover` and `promote` do. @throws {MovedByHand} */
  async release(options: MachineOptions): Promise<PromoteResult> {
    const { store, run, images, tags = [TAG], services = this.repositories, deadlines = QUICK, signal } = options;
    const records = this.records(store);
    const built = services.map(
      (repository): ReleaseImage => ({
        repository,
        digest: imageOf(repository, images),
        platforms: [],
        carried: false,
      }),
    );
    const plan = async (found: History): Promise<ReleasePlan> => {
      for (let history = found; ; history = await this.settle(options)) {
        const currents = await Promise.all(tags.map((tag) => records.current(history, tag, {})));
        const current = currents.find((each) => each !== undefined)?.record;
        const expected = new Map<string, string | undefined>();
        let moved: string | undefined;
        for (const repository of this.repositories) {
          for (const [index, tag] of tags.entries()) {
            const points = await readTag(store, repository, tag);
            const released = currents[index]?.record.services.find((each) => each.repository === repository)?.digest;
            if (released !== undefined && released !== points) moved = `${repository}:${tag}`;
            expected.set(`${repository}:${tag}`, points);
          }
        }
        if (moved !== undefined) {
          if ((await records.newest({})) > history.newest) continue;
          throw new MovedByHand(moved);
        }
        const carried = (current?.services ?? [])
          .filter(({ repository }) => !services.includes(repository))
          .map(({ repository, digest }): ReleaseImage => ({ repository, digest, platforms: [], carried: true }));
        return {
          history,
          currents,
          images: [...built, ...carried],
          expected: ({ repository }, tag) => expected.get(`${repository}:${tag}`),
        };
      }
    };
    return await promote({
      store,
      records,
      origin: { run, package: 'shop', created: new Date('2026-05-31T08:15:00Z'), by: {} },
      tags,
      plan: await plan(await this.settle(options)),
      replan: plan,
      onLocked: () => {},
      onPromotion: ({ reference, promotion }) => options.onPromotion?.(reference, promotion),
      onWaiting: () => {},
      onRecovered: options.onRecovered ?? (() => {}),
      onWarning: options.onWarning ?? (() => {}),
      signal,
      deadlines,
    });
  }

  /** What the newest record that is done says about the public tag of each service; undefined without one. */
  async released(): Promise<string | undefined> {
    const records = this.records();
    const current = await records.current(await records.history({}), TAG, {});
    if (current === undefined) return undefined;
    const names = new Set(
      current.record.services.map(({ repository, digest }) =>
        ['old', 'new', 'next', 'third'].find((name) => imageOf(repository, name) === digest),
      ),
    );
    return names.size === 1 ? [...names][0] : 'mixed';
  }
}

export function stagingTagOf(name: string): string {
  return `objdocker-20260531T081500Z-${Buffer.from(name.padEnd(6, '.')).toString('hex').slice(0, 12)}`;
}
