import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXAMPLE } from '../test/example/services.ts';
import { objdocker, planExample } from './example.ts';
import { compare, fastest, type MeasureOptions, measure, type Row, type Variant } from './measure.ts';
import { type RunOptions, run } from './process.ts';
import { type BenchRegistry, type Flavour, startEngine, startRegistry } from './sandbox.ts';

const OURS = 'objdocker push';
const IN_A_ROW = 'six docker push in a row';
const AT_ONCE = 'six docker push at once';

/**
 * Claim: a push of six images that share layers is as fast as the faster way with docker push.
 *
 * An engine remembers which repository has a layer, and tries to mount it from there: the containerd store in a label of the blob
 * with the host without its port, the classic store by host and port. So that all runs start in the same state, the images are
 * removed and loaded again, and each run has an empty registry on a new port.
 */
export async function benchPush(flavour: Flavour, options: MeasureOptions): Promise<readonly Row[]> {
  const { signal } = options;
  await using engine = await startEngine(flavour, signal);
  const settings: RunOptions = { env: engine.env, cwd: EXAMPLE, signal };
  await using start = await createStart(settings);
  const push = (reference: string) => run(['docker', 'push', reference], settings);
  const variants: Variant[] = [
    { name: OURS, run: () => objdocker(['push'], start.toRegistry()) },
    {
      name: IN_A_ROW,
      async run() {
        for (const reference of start.references()) await push(reference);
      },
    },
    { name: AT_ONCE, run: () => Promise.all(start.references().map(push)) },
  ].map((variant) => ({ ...variant, prepare: start.prepare, check: start.check }));
  // Warm-up: the classic store then knows the digests of all layers, as before every later push.
  await measure(variants.slice(0, 1), { rounds: 1, signal });
  const timings = await measure(variants, options);

  const what = `push, ${engine.title}`;
  const better = fastest(timings, [IN_A_ROW, AT_ONCE]);
  const other = better === IN_A_ROW ? AT_ONCE : IN_A_ROW;
  return [
    compare(timings, { what, ours: OURS, peer: better, against: `the better: ${better}`, target: 1 }),
    compare(timings, { what, ours: OURS, peer: other }),
  ];
}

interface Start extends AsyncDisposable {
  /** Loads the six images into an engine that has pushed none of their blobs, and starts an empty registry. */
  readonly prepare: () => Promise<void>;
  /** Checks that all six images are in the registry. */
  readonly check: () => Promise<void>;
  readonly references: () => readonly string[];
  /** The settings for a push to the registry. */
  readonly toRegistry: () => RunOptions;
}

/** Builds the images once and saves them in an archive, from which each run loads them. */
async function createStart(settings: RunOptions): Promise<Start> {
  const toRegistry = (host: string): RunOptions => ({
    ...settings,
    env: { ...settings.env, OBJDOCKER_SANDBOX_REGISTRY: host, BUILDX_NO_DEFAULT_ATTESTATIONS: '1' },
  });
  const builtFor = 'localhost:5000';
  await objdocker(['build'], toRegistry(builtFor));
  const built = (await planExample(toRegistry(builtFor))).images.map(({ reference }) => reference);
  const folder = await mkdtemp(join(tmpdir(), 'objdocker-bench-'));
  const archive = join(folder, 'images.tar');
  let registry: BenchRegistry | undefined;
  let references: readonly string[] = [];

  const docker = (...args: readonly string[]) => run(['docker', ...args], settings);
  const clear = async () => {
    await registry?.[Symbol.asyncDispose]();
    registry = undefined;
  };
  const dispose = async () => {
    await clear();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await docker('save', '--output', archive, ...built);
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    async prepare() {
      await clear();
      const images = (await docker('image', 'ls', '--all', '--quiet')).split('\n').filter(Boolean);
      if (images.length > 0) await docker('image', 'rm', '--force', ...new Set(images));
      await docker('builder', 'prune', '--all', '--force');
      await docker('load', '--quiet', '--input', archive);
      const started = await startRegistry();
      registry = started;
      references = built.map((reference) => reference.replace(builtFor, started.host));
      for (const [index, reference] of references.entries()) await docker('tag', built[index] ?? '', reference);
      await run(['sync'], settings);
    },
    async check() {
      for (const reference of references) await hasManifest(reference);
    },
    references: () => references,
    toRegistry: () => toRegistry(registry?.host ?? ''),
    [Symbol.asyncDispose]: dispose,
  };
}

async function hasManifest(reference: string): Promise<void> {
  const { host, pathname } = new URL(`http://${reference}`);
  const [, repository = '', tag = ''] = /^\/(.+):([^:]+)$/.exec(pathname) ?? [];
  const response = await fetch(`http://${host}/v2/${repository}/tags/list`);
  if (!response.ok || !(await response.text()).includes(JSON.stringify(tag)))
    throw new Error(`${reference} is not in the registry (${response.status})`);
}
