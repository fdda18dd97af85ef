import { CLI } from '../test/harness/cli.ts';
import { compare, type MeasureOptions, measure, type Row, type Timings } from './measure.ts';
import { type RunOptions, run } from './process.ts';
import { type Flavour, prepareDockerPy, startEngine } from './sandbox.ts';

const CONTAINERS = 300;
const RUNNING = 5;
// An image of one platform: of a multi-platform image, Engine 26 reads every platform for each container.
const IMAGE = 'localhost/python:3.11-slim-bookworm';

const OURS = 'objdocker list';
const OURS_WITHOUT_NODE = 'objdocker list, less node -e 0';
const NODE = 'node -e 0';
const DOCKER_PS = 'docker ps -a';
const DOCKER_PY = 'docker-py containers.list(all=True)';

/** Claim: a listing of 300 containers takes half the time of docker-py, and little more than `docker ps`. */
export async function benchList(flavour: Flavour, { rounds, signal, onRun }: MeasureOptions): Promise<readonly Row[]> {
  const python = await prepareDockerPy();
  await using engine = await startEngine(flavour, signal);
  const settings: RunOptions = { env: { ...engine.env, ...python.env }, signal };
  await createContainers(settings);
  const count = (printed: string): void => {
    const lines = printed.trimEnd().split('\n').length;
    if (lines !== CONTAINERS + 1) throw new Error(`${lines - 1} of ${CONTAINERS} containers were listed`);
  };
  const list = 'import docker\nprint("NAME")\nfor c in docker.from_env().containers.list(all=True): print(c.name)';
  const variants = [
    { name: OURS, run: async () => count(await run([process.execPath, CLI, 'list'], settings)) },
    { name: NODE, run: () => run([process.execPath, '-e', '0'], settings) },
    { name: DOCKER_PS, run: async () => count(await run(['docker', 'ps', '--all'], settings)) },
    { name: DOCKER_PY, run: async () => count(await run(['python3', '-c', list], settings)) },
  ];
  // Warm-up: the first run reads files from disk.
  await measure(variants, { rounds: 1, signal });
  const timings = await measure(variants, { rounds, signal, ...(onRun === undefined ? {} : { onRun }) });

  const what = `list, ${CONTAINERS} containers, ${engine.title}`;
  return [
    compare(timings, { what, ours: OURS, peer: DOCKER_PY, target: 0.5 }),
    compare(lessNode(timings), {
      what: `${what}, less node -e 0`,
      ours: OURS_WITHOUT_NODE,
      peer: DOCKER_PS,
      target: 1.5,
    }),
  ];
}

async function createContainers(settings: RunOptions): Promise<void> {
  const names = Array.from({ length: CONTAINERS }, (_, index) => `bench-${index}`);
  const create = (name: string) =>
    run(
      [
        'docker',
        'create',
        '--name',
        name,
        '--label',
        `number=${name}`,
        '--publish',
        '127.0.0.1::80',
        IMAGE,
        'sleep',
        '1d',
      ],
      settings,
    );
  for (let next = 0; next < names.length; next += 4) await Promise.all(names.slice(next, next + 4).map(create));
  await run(['docker', 'start', ...names.slice(0, RUNNING)], settings);
}

/** The timings with one more variant: ours without the start of Node, round by round. */
function lessNode(timings: Timings): Timings {
  const node = timings.get(NODE) ?? [];
  const ours = (timings.get(OURS) ?? []).map((seconds, round) => seconds - (node[round] ?? Number.NaN));
  return new Map([...timings, [OURS_WITHOUT_NODE, ours]]);
}
