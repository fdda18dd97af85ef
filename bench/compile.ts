import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLI } from '../test/harness/cli.ts';
import { compare, type MeasureOptions, measure, type Row } from './measure.ts';
import { type RunOptions, run } from './process.ts';
import { type Flavour, startEngine } from './sandbox.ts';

const MODULES = 200;
const CHANGED = 'one module changed';
const FULL = 'all modules';
const TAG = 'bench-compile';

/** Claim: the compile stage of a package of 200 modules, one of them changed, takes at most a tenth of the full compile. */
export async function benchCompile(flavour: Flavour, options: MeasureOptions): Promise<readonly Row[]> {
  await using engine = await startEngine(flavour, options.signal);
  const folder = await mkdtemp(join(tmpdir(), 'bench-compile-'));
  try {
    const docker: RunOptions = { env: { ...engine.env, DOCKER_BUILDKIT: '1' }, cwd: folder, signal: options.signal };
    await createProject(folder, docker);
    let output = '';
    const build = async (target: string) => {
      const file = 'resource.docker/dockerfile/axion.dockerfile';
      // The progress is on standard error.
      const command = `exec docker build --progress plain --file ${file} --target ${target} --tag ${TAG} . 2>&1`;
      output = await run(['sh', '-c', command], docker);
    };
    const check = async (compiled: number) => {
      if (!output.includes(`compile: ${compiled} of ${MODULES} modules compiled`))
        throw new Error(`${compiled} of ${MODULES} modules were to be compiled:\n${output}`);
    };
    const variants = [
      {
        name: FULL,
        async prepare() {
          // Removes the cache of the compile step, too.
          await run(['docker', 'builder', 'prune', '--all', '--force'], docker);
          await build('compiler');
        },
        run: () => build('compile-shared'),
        check: () => check(MODULES),
      },
      {
        name: CHANGED,
        async prepare() {
          await build('compile-shared');
          await writeModule(folder, 0, Math.random());
          await build('compiler');
        },
        run: () => build('compile-shared'),
        check: () => check(1),
      },
    ];
    const timings = await measure(variants, options);
    const what = `compile, 1 of ${MODULES} modules changed, ${engine.title}`;
    return [compare(timings, { what, ours: CHANGED, peer: FULL, target: 0.1 })];
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A project with one service, and the Dockerfile that `init` writes for it. */
async function createProject(folder: string, options: RunOptions): Promise<void> {
  await mkdir(join(folder, 'src/shop'), { recursive: true });
  await writeFile(join(folder, 'src/shop/__init__.py'), '');
  await writeFile(join(folder, 'src/shop/__main__.py'), 'from shop import part_0\n\nprint(part_0.total([1, 2]))\n');
  for (let index = 0; index < MODULES; index++) await writeModule(folder, index, index);
  const registry = ['--package', 'shop', '--type', 'registry', '--registry', 'localhost:5000'];
  const images = [
    '--base-image',
    'localhost/python:3.11-bookworm',
    '--base-runtime-image',
    'localhost/python:3.11-slim-bookworm',
  ];
  await run([process.execPath, CLI, 'init', '--yes', ...registry, ...images], options);
}

async function writeModule(folder: string, index: number, rate: number): Promise<void> {
  const text = `"""Part ${index} of a shop."""

RATE = ${rate}


class Order:
    def __init__(self, name, amount):
        self.name = name
        self.amount = amount

    def price(self):
        return round(self.amount * (1 + RATE), 2)


def total(amounts):
    orders = [Order(f"order {number}", amount) for number, amount in enumerate(amounts)]
    return sum([order.price() for order in orders])


def by_name(orders):
    found = {}
    for order in orders:
        found.setdefault(order.name, []).append(order.price())
    return {name: sorted(prices) for name, prices in found.items()}
`;
  await writeFile(join(folder, `src/shop/part_${index}.py`), text);
}
