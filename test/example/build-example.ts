import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { docker } from '../harness/sandbox.ts';
import { EXAMPLE, SERVICES } from './services.ts';

/** What every container and image of these tests carries, so that leftovers can be told from a user's own. */
export const TEST_LABEL = 'objdocker.test=example';

export interface BuildOptions {
  /** The build context. @default the example itself */
  readonly directory?: string;
  /** @default all six services */
  readonly targets?: readonly string[];
  readonly args?: Readonly<Record<string, string>>;
  readonly env?: Record<string, string | undefined>;
  readonly noCache?: boolean;
}

export interface ExampleBuild extends AsyncDisposable {
  readonly code: number | null;
  /** Everything that the build printed, in BuildKit's plain form. */
  readonly log: string;
  readonly seconds: number;
  readonly image: (target: string) => string;
}

export interface Step {
  /** Stage, position and instruction: `venv-web 2/2] RUN …`. */
  readonly name: string;
  readonly cached: boolean;
}

/** Builds the example's targets in one bake on the sandbox's base images; the images go away with the result. */
export async function buildExample(options: BuildOptions = {}): Promise<ExampleBuild> {
  const { directory = EXAMPLE, targets = SERVICES.map(({ target }) => target), args = {}, env = {}, noCache } = options;
  const tag = randomBytes(6).toString('hex');
  const image = (target: string) => `objdocker-test/${target}-homechoice:${tag}`;
  const definition = {
    group: { default: { targets } },
    target: Object.fromEntries(
      targets.map((target) => [
        target,
        {
          context: '.',
          dockerfile: 'resource.docker/dockerfile/axion.dockerfile',
          target,
          tags: [image(target)],
          labels: Object.fromEntries([TEST_LABEL.split('=')]),
          output: ['type=docker'],
          ...(noCache ? { 'no-cache': true } : {}),
          args: {
            BASE_IMAGE: 'localhost/python:3.11-bookworm',
            BASE_RUNTIME_IMAGE: 'localhost/python:3.11-slim-bookworm',
            PACKAGE: 'homechoice',
            VERSION: '2.4.0',
            REVISION: '1f0c1d2e3b4a59687766554433221100ffeeddcc',
            ...args,
          },
        },
      ]),
    ),
  };
  const started = performance.now();
  const child = spawn('docker', ['buildx', 'bake', '--progress', 'plain', '-f', '-'], {
    cwd: directory,
    env: { ...process.env, BUILDX_NO_DEFAULT_ATTESTATIONS: '1', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(JSON.stringify(definition));
  const log = collect(child);
  const [code] = await once(child, 'close');
  return {
    code,
    log: log(),
    seconds: (performance.now() - started) / 1000,
    image,
    [Symbol.asyncDispose]: async () => {
      if (code === 0) await docker(['image', 'rm', '--force', ...targets.map(image)], env);
    },
  };
}

/** The steps of a build in BuildKit's plain log. One that several targets share was cached when it ran for none of them. */
export function stepsOf(log: string): readonly Step[] {
  const names = new Map<string, string>();
  const cached = new Map<string, boolean>();
  for (const line of log.split('\n')) {
    const [, id = '', text = ''] = /^#(\d+) (.+)$/.exec(line) ?? [];
    const [, heading] = /^\[(?:meridian-[a-z]+ )?([a-z-]+ +\d+\/\d+\] .+)$/.exec(text) ?? [];
    if (heading !== undefined) names.set(id, heading);
    const name = names.get(id);
    if (name === undefined) continue;
    if (text === 'CACHED') cached.set(name, cached.get(name) ?? true);
    else if (text.startsWith('DONE ')) cached.set(name, false);
  }
  return [...cached].map(([name, wasCached]) => ({ name, cached: wasCached }));
}

/** A copy of the example to change, in a folder that goes away with it. */
export async function copyExample(): Promise<{ readonly directory: string } & AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), 'objdocker-example-'));
  await cp(EXAMPLE, directory, { recursive: true, filter: (path) => !path.endsWith('__pycache__') });
  return { directory, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
}

/** Copies files into a new container of an image and runs a command there; everything it printed. */
export async function runWithFiles(
  image: string,
  files: Readonly<Record<string, string>>,
  command: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string }> {
  const container = await docker(['create', '--label', TEST_LABEL, image, ...command]);
  try {
    for (const [from, to] of Object.entries(files)) await docker(['cp', from, `${container}:${to}`]);
    const child = spawn('docker', ['start', '--attach', container], { stdio: ['ignore', 'pipe', 'pipe'] });
    const output = collect(child);
    const [code] = await once(child, 'close');
    return { code, output: output() };
  } finally {
    await docker(['rm', '--force', '--volumes', container]);
  }
}

function collect(child: ChildProcess): () => string {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  child.stderr?.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  return () => text;
}
