import type { Engine } from '../../docker/connection/engine.ts';
import { findImageNames, tagImage, untagImage } from '../../docker/images.ts';
import { isObjDockerError } from '../../errors.ts';
import type { Verdict } from '../../model/verdict.ts';
import { parseStagingTag, STAGING_TAG_PREFIX } from '../../release/staging-tag.ts';
import { readTag } from '../../release/store/tag-store.ts';
import type { ReadyContext, RunImage } from './context.ts';

/** The deadline of the clean-up. */
const CLEAN_UP_MS = 15_000;

/** The deadline of the clean-up of a cancelled run: the command line ends the process after 9 s. */
const CANCELLED_CLEAN_UP_MS = 3_000;

/** Staging tags in the engine that are younger may belong to a run in progress, from another machine that uses this engine. */
const MAY_BE_RUNNING_MS = 24 * 60 * 60_000;

/** The staging tags of a run, in the engine and in the registry. Disposing it removes them. */
export class StagingTags implements AsyncDisposable {
  readonly #context: ReadyContext;
  readonly #kept = new Set<string>();
  #inEngine = false;
  #inRegistry = false;
  #cleaningUp: AbortSignal | undefined;

  constructor(context: ReadyContext) {
    this.#context = context;
  }

  /** Call it before the engine may have staging tags. */
  expectInEngine(): void {
    this.#inEngine = true;
  }

  /** Call it before the registry may have staging tags. */
  expectInRegistry(): void {
    this.#inRegistry = true;
  }

  /**
   * Keeps the registry's tags of images whose scans are still running: a gc could delete an untagged image during its scan. When
   * the time-out alone decided the verdict, keeps those of all images, so that a later run can evaluate them together.
   */
  keepForScans({ outcome, images }: Verdict): void {
    for (const image of images) {
      if (outcome === 'timed-out' || image.outcome === 'timed-out') this.#kept.add(image.repository);
    }
  }

  /** Gives images in the engine their public tags. */
  async renameInEngine(images: readonly RunImage[]): Promise<void> {
    if (images.length === 0) return;
    const signal = this.#cleanUpSignal();
    await this.#try('could not give the images their public tags in the engine', async () => {
      const engine = await this.#context.docker.connect({ signal });
      await Promise.all(
        images.flatMap(({ staged, publicTags }) =>
          publicTags.map(({ reference }) => tagImage(engine, { reference: staged, name: reference }, { signal })),
        ),
      );
    });
  }

  /** Removes the tags. What remains is reported as a warning and in the run's `staged`. Never throws. */
  async [Symbol.asyncDispose](): Promise<void> {
    const signal = this.#cleanUpSignal();
    const [staged] = await Promise.all([
      this.#inRegistry ? this.#removeFromRegistry(signal) : [],
      this.#inEngine ? this.#removeFromEngine(signal) : undefined,
    ]);
    this.#context.progress.update({ staged });
  }

  /** One deadline for the whole clean-up. */
  #cleanUpSignal(): AbortSignal {
    this.#cleaningUp ??= cleanUpSignal(this.#context.signal);
    return this.#cleaningUp;
  }

  async #removeFromEngine(signal: AbortSignal): Promise<void> {
    const { images, docker } = this.#context;
    const removed = await this.#try('could not remove the staging tags from the engine', async () => {
      const engine = await docker.connect({ signal });
      await Promise.all(images.map(({ staged }) => untagImage(engine, staged, { signal })));
    });
    if (!removed) return;
    await this.#try('could not remove the staging tags of killed runs from the engine', async () => {
      const engine = await docker.connect({ signal });
      for (const name of await this.#findAbandoned(engine, signal)) await untagImage(engine, name, { signal });
    });
  }

  /** Staging tags that killed runs have left in the engine. */
  async #findAbandoned(engine: Engine, signal: AbortSignal): Promise<readonly string[]> {
    const { images, environment, progress } = this.#context;
    const prefixes = images.map(({ staged }) => staged.slice(0, -progress.run.length));
    const patterns = prefixes.map((prefix) => `${prefix}${STAGING_TAG_PREFIX}*`);
    const longAgo = environment.now().getTime() - MAY_BE_RUNNING_MS;
    const found = await findImageNames(engine, patterns, { signal });
    return found.filter((name) => {
      const prefix = prefixes.find((each) => name.startsWith(each));
      const tag = prefix === undefined ? undefined : parseStagingTag(name.slice(prefix.length));
      return tag !== undefined && tag.time.getTime() < longAgo;
    });
  }

  /** @returns the references that are still there */
  async #removeFromRegistry(signal: AbortSignal): Promise<readonly string[]> {
    const { images } = this.#context;
    const removed = await Promise.all(images.map((image) => this.#remove(image, signal)));
    return images.filter((_, index) => !removed[index]).map(({ staged }) => staged);
  }

  async #remove({ repository, staged }: RunImage, signal: AbortSignal): Promise<boolean> {
    const { progress, registry } = this.#context;
    const { store } = registry;
    let removed = false;
    await this.#try(`could not remove ${staged} from the registry`, async () => {
      if (store.canRemove && !this.#kept.has(repository)) {
        await store.remove(repository, progress.run, { signal });
        removed = true;
      } else {
        removed = (await readTag(store, repository, progress.run, { signal })) === undefined;
      }
    });
    return removed;
  }

  /** Reports a failure as a warning. @returns whether the work succeeded */
  async #try(failure: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!isObjDockerError(error)) throw error;
      this.#context.progress.warn(
        `${failure}: ${error.code === 'CANCELLED' ? 'no response before the deadline' : error.message}`,
      );
      return false;
    }
  }
}

function cleanUpSignal(cancelled: AbortSignal): AbortSignal {
  const over = new AbortController();
  const endAfter = (ms: number): void => void setTimeout(() => over.abort(), ms).unref();
  endAfter(CLEAN_UP_MS);
  if (cancelled.aborted) endAfter(CANCELLED_CLEAN_UP_MS);
  else cancelled.addEventListener('abort', () => endAfter(CANCELLED_CLEAN_UP_MS), { once: true });
  return over.signal;
}
