import { appendFile, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { EXAMPLE } from '../test/example/services.ts';
import { objdocker, planExample } from './example.ts';
import { compare, type MeasureOptions, measure, type Row, type Variant } from './measure.ts';
import { type RunOptions, run } from './process.ts';
import { startEngine, startRegistry } from './sandbox.ts';

const OURS = 'objdocker pipeline';
const PEER = 'docker buildx bake --push';

/** The service that changes, and a file that only its image is made from. */
const SERVICE = 'meridian-report';
const SOURCE = 'src/meridian/report/__init__.py';

/** Claim: a run takes only what has changed since the release. */
export async function benchChanges(options: MeasureOptions): Promise<readonly Row[]> {
  await using engine = await startEngine('trixie', options.signal);
  await using registry = await startRegistry();
  const folder = await mkdtemp(join(tmpdir(), 'objdocker-bench-'));
  try {
    await cp(EXAMPLE, folder, { recursive: true });
    const env = {
      ...engine.env,
      OBJDOCKER_SANDBOX_REGISTRY: registry.host,
      BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
      XDG_CACHE_HOME: join(folder, '.cache'),
    };
    const docker: RunOptions = { env, cwd: folder, signal: options.signal };
    return await compareAll(docker, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compareAll(docker: RunOptions, options: MeasureOptions): Promise<Row[]> {
  const { cwd: folder = '' } = docker;
  const pipeline = () => objdocker(['pipeline', '--no-scan'], docker, folder);
  const definition = async () => (await planExample(docker, folder)).invocation.definition;
  const bakeOf =
    (input: unknown) =>
    (...targets: string[]) =>
      run(['docker', 'buildx', 'bake', '--push', '--file', '-', ...targets], {
        ...docker,
        input: JSON.stringify(input),
      });
  const bake = bakeOf(await definition());
  const forget = () => run(['docker', 'builder', 'prune', '--all', '--force'], docker);
  let edits = 0;
  const edit = () => appendFile(join(folder, SOURCE), `\nEDIT = ${++edits}\n`);
  const compareOne = async (
    what: string,
    target: number,
    prepare: Variant['prepare'],
    peer: () => Promise<unknown>,
  ): Promise<Row> => {
    const hooks = prepare === undefined ? {} : { prepare };
    const variants: Variant[] = [
      { name: OURS, run: pipeline, ...hooks },
      { name: PEER, run: peer, ...hooks },
    ];
    return compare(await measure(variants, options), { what, ours: OURS, peer: PEER, target });
  };
  // Release once, so that there is something to compare with.
  await pipeline();
  await bake();
  const rows = [
    await compareOne('nothing changed, warm builder', 0.5, undefined, () => bake()),
    await compareOne(
      'nothing changed, builder without a cache',
      0.05,
      async () => void (await forget()),
      () => bake(),
    ),
    await compareOne('one service of six changed, warm builder', 1.1, edit, () => bake(SERVICE)),
  ];
  await appendFile(join(folder, 'config.plain.yaml'), '      cache: registry\n');
  const cachedBake = bakeOf(withoutCacheTo(await definition()));
  // Fill the caches in the registry.
  await objdocker(['pipeline', '--no-scan', '--rebuild'], docker, folder);
  const editAndForget = async () => {
    await edit();
    await forget();
  };
  rows.push(
    await compareOne(
      'one service of six changed, builder without a cache, image.cache: registry',
      0.5,
      editAndForget,
      () => cachedBake(),
    ),
  );
  return rows;
}

const Definition = z.looseObject({ target: z.record(z.string(), z.looseObject({})) });

/** The peer reads the same caches, and writes none. */
function withoutCacheTo(definition: unknown): unknown {
  const { target, ...rest } = Definition.parse(definition);
  const targets = Object.entries(target).map(([name, { 'cache-to': _, ...each }]) => [name, each] as const);
  if (!targets.some(([, each]) => 'cache-from' in each)) throw new Error('the definition reads no cache');
  return { ...rest, target: Object.fromEntries(targets) };
}
