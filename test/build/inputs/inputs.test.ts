import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PackageInputs, readInputs } from '../../../src/build/inputs/read-inputs.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { systemEnvironment } from '../../../src/lib/environment.ts';
import { ObjDocker } from '../../../src/obj-docker/obj-docker.ts';
import { createRandom, isLongTest } from '../../random.ts';
import { imageContent } from './image-content.ts';
import { dockerfileOf, type RandomProject, randomEdit, randomProject } from './random-project.ts';

const run = promisify(execFile);
const IMAGE = 'localhost/busybox:bookworm';
const EDITS = Number(process.env.OBJDOCKER_TEST_EDITS ?? (isLongTest ? 500 : 20));

let temp = '';
let docker: ObjDocker;

beforeAll(async () => {
  temp = await mkdtemp(join(tmpdir(), 'inputs-'));
  docker = new ObjDocker();
});

afterAll(async () => {
  docker.close();
  await rm(temp, { recursive: true, force: true });
});

it(
  'changes the digest of the inputs whenever an edit changes the image',
  async () => {
    const random = createRandom('inputs');
    let changed = 0;
    let needless = 0;
    for (let edits = 0; edits < EDITS; ) {
      const before = randomProject(random, IMAGE);
      const { name, project: after } = randomEdit(random, before);
      const images = await Promise.all([before, after].map((project) => build(project)));
      const [first, second] = images;
      // What cannot be built has no image to compare.
      if (first === undefined || second === undefined) continue;
      edits++;
      const digests = await Promise.all([before, after].map((project) => digestOf(project)));
      const isSame = first === second;
      if (digests[0] !== digests[1]) {
        if (isSame) needless++;
        else changed++;
      } else if (!isSame) {
        const shown = [before, after].map((project) => JSON.stringify([...project.files]) + dockerfileOf(project));
        expect.fail(`${name} (edit ${edits}) changed the image, and not its inputs:\n${shown.join('\n---\n')}\n`);
      }
    }
    console.log(`${EDITS} edits: ${changed} changed the image, ${needless} others changed the inputs alone`);
    expect(changed).toBeGreaterThan(0);
  },
  isLongTest ? 7_200_000 : undefined,
);

it('has the same digest for a project in another folder', async () => {
  const random = createRandom('inputs in two folders');
  for (let round = 0; round < 10; round++) {
    const project = randomProject(random, IMAGE);
    expect(await digestOf(project)).toBe(await digestOf(project));
  }
});

async function write(project: RandomProject): Promise<string> {
  const folder = await mkdtemp(join(temp, 'project-'));
  const context = join(folder, 'context');
  for (const [path, file] of project.files) {
    const target = join(context, path);
    await mkdir(dirname(target), { recursive: true });
    if ('link' in file) await symlink(file.link, target);
    else {
      await writeFile(target, file.content);
      await chmod(target, file.mode);
    }
  }
  await writeFile(join(context, '.dockerignore'), project.ignore.map((line) => `${line}\n`).join(''));
  await writeFile(join(context, 'Dockerfile'), dockerfileOf(project));
  const image = {
    repository: 'inputs',
    tag: 'test',
    dockerfile: 'context/Dockerfile',
    context: 'context',
    buildArgs: project.buildArgs,
  };
  const deployment = { registry: { type: 'registry', host: 'localhost' }, image };
  await writeFile(join(folder, 'config.yaml'), JSON.stringify({ inputs: { deployment } }));
  return folder;
}

async function digestOf(project: RandomProject): Promise<string | undefined> {
  const folder = await write(project);
  const config = await loadConfig(join(folder, 'config.yaml'));
  const inputs: PackageInputs = await readInputs(config.selectPackage(), {
    environment: systemEnvironment(),
    engine: () => docker.connect(),
    lastKnown: () => undefined,
  });
  // A build without a target makes the last stage.
  const image = [...inputs.images.values()].at(-1);
  expect(image?.unknown).toEqual([]);
  await rm(folder, { recursive: true });
  return image?.digest;
}

/** Builds without a cache. @returns the content of the image, times aside; undefined for what cannot be built */
async function build(project: RandomProject): Promise<string | undefined> {
  const folder = await write(project);
  const context = join(folder, 'context');
  const archive = join(folder, 'image.tar');
  const args = Object.entries(project.buildArgs).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  const output = ['--provenance=false', '--output', `type=oci,dest=${archive}`];
  try {
    await run('docker', ['buildx', 'build', '--no-cache', ...args, ...output, context]);
    return imageContent(await readFile(archive));
  } catch (error) {
    if (error instanceof Error && 'stderr' in error) return undefined;
    throw error;
  } finally {
    await rm(folder, { recursive: true });
  }
}
