import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parse, stringify } from 'yaml';
import { objdocker } from '../harness/cli.ts';
import { createProject } from '../harness/project.ts';
import { docker } from '../harness/sandbox.ts';
import { EXAMPLE, SERVICES } from './services.ts';

/** The label of all containers of these tests. */
export const TEST_LABEL = 'objdocker.test=example';

export interface BuildOptions {
  /** The directory of the example. @default the example itself */
  readonly directory?: string;
  /** @default all six services */
  readonly targets?: readonly string[];
  /** `image.buildArgs` of the config. */
  readonly args?: Readonly<Record<string, string>>;
  /** `deployment.compile` of the config. */
  readonly compile?: Readonly<Record<string, unknown>>;
}

export interface ExampleBuild extends AsyncDisposable {
  readonly code: number | null;
  /** All output of the command. */
  readonly log: string;
  readonly tag: string;
  readonly image: (target: string) => string;
}

export interface Step {
  readonly stage: string;
  readonly instruction: string;
  readonly cached: boolean;
}

/** Builds the example with `objdocker build` on the sandbox's base images. Disposing of the result removes the images. */
export async function buildExample(options: BuildOptions = {}): Promise<ExampleBuild> {
  const { directory = EXAMPLE, targets = SERVICES.map(({ target }) => target) } = options;
  const tag = `2.4.0-${randomBytes(6).toString('hex')}`;
  const image = (target: string) => `${process.env.OBJDOCKER_SANDBOX_REGISTRY}/${target}-homechoice:${tag}`;
  await using config = await writeConfig(directory, options);
  const services = targets.flatMap((target) => ['--service', target]);
  const args = ['-c', config.file, 'build', ...services, '--tag', tag, '--progress', 'plain', '--json'];
  const { code, stdout, stderr } = await objdocker(args, { cwd: directory });
  if (code === 0) {
    const { images } = JSON.parse(stdout) as { images: { reference: string }[] };
    expect(images.map(({ reference }) => reference).sort()).toEqual(targets.map(image).sort());
  }
  return {
    code,
    log: `${stderr}${stdout}`,
    tag,
    image,
    [Symbol.asyncDispose]: async () => {
      if (code === 0) await docker(['image', 'rm', '--force', ...targets.map(image)]);
    },
  };
}

/** The example's config.plain.yaml, or a copy that is changed by the options. */
async function writeConfig(
  directory: string,
  { args, compile }: BuildOptions,
): Promise<{ readonly file: string } & AsyncDisposable> {
  const file = join(directory, 'config.plain.yaml');
  if (args === undefined && compile === undefined) return { file, [Symbol.asyncDispose]: async () => {} };
  const config = parse(await readFile(file, 'utf8'));
  const { deployment } = config.homechoice;
  deployment.image.context = directory;
  deployment.image.dockerfile = join(directory, deployment.image.dockerfile);
  if (args !== undefined) deployment.image.buildArgs = args;
  if (compile !== undefined) deployment.compile = compile;
  const project = await createProject({ 'config.yaml': stringify(config) });
  return { file: project.path('config.yaml'), [Symbol.asyncDispose]: () => project[Symbol.asyncDispose]() };
}

/** Reads the instructions of a build from its output: `[venv-web 2/2] RUN ...: cached`. */
export function stepsOf(log: string): readonly Step[] {
  return [...log.matchAll(/^\[([a-z-]+) \d+\/\d+\] (.+): (cached|done)(?: in .+)?$/gm)].map(
    ([, stage = '', instruction = '', state]) => ({ stage, instruction, cached: state === 'cached' }),
  );
}

/** A copy of the example in a temporary folder. */
export async function copyExample(): Promise<{ readonly directory: string } & AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), 'objdocker-example-'));
  await cp(EXAMPLE, directory, { recursive: true, filter: (path) => !path.endsWith('__pycache__') });
  return { directory, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
}

/** Copies files into a new container of an image and runs a command there. Returns all its output. */
export async function runWithFiles(
  image: string,
  files: Readonly<Record<string, string>>,
  command: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string }> {
  const container = await docker(['create', '--label', TEST_LABEL, image, ...command]);
  try {
    for (const [from, to] of Object.entries(files)) await docker(['cp', from, `${container}:${to}`]);
    return await runWithOutput(['start', '--attach', container]);
  } finally {
    await docker(['rm', '--force', '--volumes', container]);
  }
}

/** Runs docker, and returns the output of both streams. */
export async function runWithOutput(
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn('docker', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = collect(child);
  const [code] = await once(child, 'close');
  return { code, output: output() };
}

function collect(child: ChildProcess): () => string {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  child.stderr?.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  return () => text;
}
