import { EXAMPLE } from '../test/example/services.ts';
import { type ExamplePlan, objdocker, planExample } from './example.ts';
import { compare, type MeasureOptions, measure, type Row, type Variant } from './measure.ts';
import { type RunOptions, run } from './process.ts';
import { type Flavour, startEngine } from './sandbox.ts';

const OURS = 'objdocker build';
const BAKE = 'docker buildx bake';
const IN_A_ROW = 'six docker build --target in a row';

/** Claim: a cold build is as fast as bake, and faster than one `docker build` per service. */
export async function benchBuild(flavour: Flavour, options: MeasureOptions): Promise<readonly Row[]> {
  await using engine = await startEngine(flavour, options.signal);
  // Nothing is pushed, so the registry is only a name. Without attestations, all variants build the same images.
  const env = { ...engine.env, OBJDOCKER_SANDBOX_REGISTRY: 'localhost:5000', BUILDX_NO_DEFAULT_ATTESTATIONS: '1' };
  const docker: RunOptions = { env, cwd: EXAMPLE, signal: options.signal };
  const plan = await planExample(docker);
  const timings = await measure(variants(plan, docker), options);

  const what = `cold build, ${engine.title}`;
  const rows: Row[] = [];
  if (timings.has(BAKE)) rows.push(compare(timings, { what, ours: OURS, peer: BAKE, target: 1.05 }));
  rows.push(compare(timings, { what, ours: OURS, peer: IN_A_ROW, target: 0.7 }));
  return rows;
}

function variants(plan: ExamplePlan, docker: RunOptions): Variant[] {
  const { definition, method } = plan.invocation;
  const references = plan.images.map(({ reference }) => reference);
  const hooks = { prepare: () => makeCold(references, docker), check: () => haveImages(references, docker) };
  const bake: Variant = {
    name: BAKE,
    run: () => run(['docker', 'buildx', 'bake', '--file', '-'], { ...docker, input: JSON.stringify(definition) }),
    ...hooks,
  };
  return [
    { name: OURS, run: () => objdocker(['build'], docker), ...hooks },
    // A client without buildx has no bake.
    ...(method === 'bake' ? [bake] : []),
    {
      name: IN_A_ROW,
      async run() {
        for (const { command } of plan.images) await run(['sh', '-c', `exec ${command}`], docker);
      },
      ...hooks,
    },
  ];
}

/** Removes everything except the base images. `sync` writes the data of the last run before the next one is timed. */
async function makeCold(references: readonly string[], docker: RunOptions): Promise<void> {
  await run(['docker', 'image', 'rm', '--force', ...references], docker).catch(noSuchImage);
  await run(['docker', 'builder', 'prune', '--all', '--force'], docker);
  await run(['sync'], docker);
}

function noSuchImage(error: unknown): void {
  if (!String(error).includes('No such image')) throw error;
}

async function haveImages(references: readonly string[], docker: RunOptions): Promise<void> {
  await run(['docker', 'image', 'inspect', '--format', '{{.Id}}', ...references], docker);
}
