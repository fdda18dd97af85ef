import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { findBuilder } from '../../src/buildx/capabilities.ts';
import { configYaml, docker, IMAGES, Project, REGISTRY } from './harness.ts';

const env = process.env;

let projects: Project[] = [];
beforeAll(() => {
  execFileSync('script/sandbox', ['binfmt', 'up'], { stdio: 'ignore' });
});
afterEach(async () => {
  await Promise.all(projects.map((project) => project.remove()));
  projects = [];
});
afterAll(async () => {
  await docker(env, 'rmi', '--force', `${REGISTRY}/${IMAGES}/objbuild-demo:t1`).catch(() => '');
});

async function project(files: Record<string, string>): Promise<Project> {
  const made = await Project.create(files, { env });
  projects.push(made);
  return made;
}

const DOCKERFILE = 'FROM localhost/busybox:bookworm\nRUN uname -m > /machine\n';

it('pushes two platforms as one index with its digest, and both entries run', async () => {
  const demo = await project({
    'config.yaml': configYaml(', platforms: [linux/amd64, linux/arm64]'),
    'axion.dockerfile': DOCKERFILE,
  });
  const builder = await findBuilder(undefined, { environment: demo.environment, env });
  const { result, error } = await demo.build({ capabilities: { builder } });
  expect(error).toBeUndefined();
  const [image] = result?.images ?? [];
  expect(image).toMatchObject({ pushed: true, platforms: ['linux/amd64', 'linux/arm64'] });

  const response = await fetch(`http://${REGISTRY}/v2/${IMAGES}/objbuild-demo/manifests/t1`, {
    headers: {
      accept: 'application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.index.v1+json',
    },
  });
  expect(response.headers.get('docker-content-digest')).toBe(image?.digest);
  const index: unknown = await response.json();
  expect(index).toMatchObject({
    manifests: [{ platform: { architecture: 'amd64' } }, { platform: { architecture: 'arm64' } }],
  });

  const machine = (platform: string) =>
    docker(
      env,
      'run',
      '--rm',
      '--platform',
      platform,
      `${image?.reference}@${image?.digest}`,
      'sh',
      '-c',
      'cat /machine; uname -m',
    );
  expect(await machine('linux/arm64')).toContain('aarch64\naarch64');
  expect(await machine('linux/amd64')).toContain('x86_64\nx86_64');
});

it("pushes an image of another platform, and loads one of the engine's own", async () => {
  const demo = await project({
    'config.yaml': configYaml(''),
    'axion.dockerfile': 'FROM scratch\nCOPY config.yaml /\n',
  });
  const foreign = await demo.build({ platforms: ['linux/arm64'], tag: 'foreign' });
  expect(foreign.error).toBeUndefined();
  expect(foreign.result?.images[0]).toMatchObject({
    pushed: true,
    platforms: ['linux/arm64'],
    digest: expect.stringMatching(/^sha256:/),
  });
  const own = await demo.build({ platforms: ['linux/amd64'], tag: 'own' });
  expect(own.result?.images[0]).toMatchObject({ pushed: false, platforms: ['linux/amd64'] });
});

it('reports a registry that rejects the push', async () => {
  const demo = await project({
    'config.yaml': configYaml('').replace(`host: "${REGISTRY}"`, 'host: "localhost:9"'),
    'axion.dockerfile': 'FROM scratch\nCOPY config.yaml /\n',
  });
  const { error } = await demo.build({ platforms: ['linux/arm64'] });
  expect(error).toMatchObject({ code: 'PUSH_FAILED' });
});
