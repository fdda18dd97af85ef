import type { Engine } from '../../docker/connection/engine.ts';
import { findImageNames, tagImage, untagImage } from '../../docker/images.ts';
import { isObjDockerError } from '../../errors.ts';
import type { Verdict } from '../../model/verdict.ts';
import { readStagingTag, STAGING_PREFIX } from '../promotion/staging-tag.ts';
import type { ReadyContext, RunImage } from './context.ts';

/** How long what is done to the names may take. */
const CLEAN_UP_MS = 15_000;

/** The same from when the run is cancelled: the command line ends the process 9 s after that. */
const HURRIED_CLEAN_UP_MS = 3_000;

/** A run that is older than this does not run any more: another machine may use the engine as well. */
const MAY_RUN_MS = 24 * 60 * 60_000;

/** The names that the images of a run have until they are released, in the engine and in the registry. They end with it. */
export class Staging implements AsyncDisposable {
  readonly #context: ReadyContext;
  readonly #kept = new Set<string>();
  #inEngine = false;
  #inRegistry = false;
  #cleaningUp: AbortSignal | undefined;

  constructor(context: ReadyContext) {
    this.#context = context;
  }

  /** From now on the engine may have them. */
  startInEngine(): void {
    this.#inEngine = true;
  }

  /** From now on the registry may have them. */
  startInRegistry(): void {
    this.#inRegistry = true;
  }

  /**
   * Leaves the registry's tags where scans go on: an image without any tag may be collected in the middle of one. When
   * nothing else is in the way, of all images: then the run can be judged as a whole later.
   */
  keepForScans({ outcome, images }: Verdict): void {
    for (const image of images) {
      if (outcome === 'timed-out' || image.outcome === 'timed-out') this.#kept.add(image.repository);
    }
  }

  /** Gives the engine's images their public names. */
  async release(): Promise<void> {
    const { images } = this.#context;
    const signal = this.#cleanUpSignal();
    await this.#try('the images have no public names in the engine', async () => {
      const engine = await this.#context.machine.docker.connect({ signal });
      await Promise.all(
        images.map(({ staged, reference }) => tagImage(engine, { reference: staged, name: reference }, { signal })),
      );
    });
  }

  /** Takes the names off, as far as that is possible; what is left is a warning, and in the run's `staged`. Never throws. */
  async [Symbol.asyncDispose](): Promise<void> {
    const signal = this.#cleanUpSignal();
    const [staged] = await Promise.all([
      this.#inRegistry ? this.#removeFromRegistry(signal) : [],
      this.#inEngine ? this.#removeFromEngine(signal) : undefined,
    ]);
    this.#context.record.note({ staged });
  }

  /** One for all that is done to the names. */
  #cleanUpSignal(): AbortSignal {
    this.#cleaningUp ??= cleanUpSignal(this.#context.signal);
    return this.#cleaningUp;
  }

  async #removeFromEngine(signal: AbortSignal): Promise<void> {
    const { images, machine } = this.#context;
    const taken = await this.#try('staging names stay in the engine', async () => {
      const engine = await machine.docker.connect({ signal });
      await Promise.all(images.map(({ staged }) => untagImage(engine, staged, { signal })));
    });
    if (!taken) return;
    await this.#try('staging names of runs that were killed may stay in the engine', async () => {
      const engine = await machine.docker.connect({ signal });
      for (const name of await this.#findLeft(engine, signal)) await untagImage(engine, name, { signal });
    });
  }

  /** Names that runs which were killed have left in the engine. */
  async #findLeft(engine: Engine, signal: AbortSignal): Promise<readonly string[]> {
    const { images, machine, record } = this.#context;
    const beginnings = images.map(({ staged }) => staged.slice(0, -record.run.length));
    const patterns = beginnings.map((beginning) => `${beginning}${STAGING_PREFIX}*`);
    const longAgo = machine.environment.now().getTime() - MAY_RUN_MS;
    const found = await findImageNames(engine, patterns, { signal });
    return found.filter((name) => {
      const beginning = beginnings.find((each) => name.startsWith(each));
      const tag = beginning === undefined ? undefined : readStagingTag(name.slice(beginning.length));
      return tag !== undefined && tag.time.getTime() < longAgo;
    });
  }

  /** Returns those that stay. */
  async #removeFromRegistry(signal: AbortSignal): Promise<readonly string[]> {
    const { images } = this.#context;
    const gone = await Promise.all(images.map((image) => this.#isGone(image, signal)));
    return images.filter((_, index) => !gone[index]).map(({ staged }) => staged);
  }

  async #isGone({ repository, staged }: RunImage, signal: AbortSignal): Promise<boolean> {
    const { record, registry } = this.#context;
    const { store } = registry;
    let gone = false;
    await this.#try(`${staged} stays in the registry`, async () => {
      if (store.canRemove && !this.#kept.has(repository)) {
        await store.remove(repository, record.run, { signal });
        gone = true;
      } else {
        gone = (await store.read(repository, record.run, { signal })) === undefined;
      }
    });
    return gone;
  }

  /** @returns whether it was done; a warning says what was not */
  async #try(failure: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!isObjDockerError(error)) throw error;
      this.#context.record.warn(
        `${failure}: ${error.code === 'CANCELLED' ? 'there was no answer in time' : error.message}`,
      );
      return false;
    }
  }
}

function cleanUpSignal(cancelled: AbortSignal): AbortSignal {
  const over = new AbortController();
  const endAfter = (ms: number): void => void setTimeout(() => over.abort(), ms).unref();
  endAfter(CLEAN_UP_MS);
  if (cancelled.aborted) endAfter(HURRIED_CLEAN_UP_MS);
  else cancelled.addEventListener('abort', () => endAfter(HURRIED_CLEAN_UP_MS), { once: true });
  return over.signal;
}
