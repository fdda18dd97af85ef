import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objdocker, ROOT } from '../../harness/cli.ts';
import { configYaml, createProject } from '../../harness/project.ts';
import { docker, type SandboxRegistry, startEngine, startRegistry } from '../../harness/sandbox.ts';

const run = promisify(execFile);
const DOCKERFILE = `ARG BASE_IMAGE
FROM \${BASE_IMAGE} AS web
RUN uname -m > /machine
CMD ["/bin/busybox", "cat", "/machine"]
`;

let registry: SandboxRegistry;

beforeAll(async () => {
  registry = await startRegistry();
  await run(`${ROOT}/script/sandbox`, ['binfmt', 'up']);
  await run(`${ROOT}/script/sandbox`, ['busybox-base', '--push', `${registry.host}/base/busybox:bookworm`]);
});

afterAll(() => registry[Symbol.asyncDispose]());

describe('objdocker build for several platforms', () => {
  it('pushes one index whose images run on their own platforms', async () => {
    const config = configYaml({ host: registry.host, image: { baseImage: `${registry.host}/base/busybox:bookworm` } });
    await using project = await createProject({ Dockerfile: DOCKERFILE, 'config.yaml': config });
    const built = await objdocker(['build', '--platform', 'linux/amd64,linux/arm64', '--json'], {
      cwd: project.directory,
    });
    expect(built, built.stderr).toMatchObject({ code: 0 });
    expect(built.stderr).toMatch(/pushed .*without .*scan|ungated/i);

    const { images } = JSON.parse(built.stdout);
    expect(images).toHaveLength(1);
    const [{ reference, digest }] = images;
    const [name, tag] = [
      reference.slice(reference.indexOf('/') + 1, reference.lastIndexOf(':')),
      reference.slice(reference.lastIndexOf(':') + 1),
    ];
    const response = await fetch(`http://${registry.host}/v2/${name}/manifests/${tag}`, {
      headers: {
        accept: 'application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json',
      },
    });
    expect(response.headers.get('docker-content-digest')).toBe(digest);
    const index = (await response.json()) as {
      manifests: { digest: string; platform: { os: string; architecture: string } }[];
    };
    expect(index.manifests.map(({ platform }) => `${platform.os}/${platform.architecture}`)).toEqual([
      'linux/amd64',
      'linux/arm64',
    ]);

    // An index can have wrong labels: run both images to see their architecture.
    const machines: string[] = [];
    for (const entry of index.manifests) {
      const platform = `${entry.platform.os}/${entry.platform.architecture}`;
      machines.push(await docker(['run', '--rm', '--platform', platform, `${registry.host}/${name}@${entry.digest}`]));
      machines.push(
        await docker([
          'run',
          '--rm',
          '--platform',
          platform,
          `${registry.host}/${name}@${entry.digest}`,
          'uname',
          '-m',
        ]),
      );
    }
    expect(machines).toEqual(['x86_64', 'x86_64', 'aarch64', 'aarch64']);
  });

  it('reports what the engine lacks', async () => {
    await using engine = await startEngine('--flavour', 'bookworm');
    await using project = await createProject({
      Dockerfile: DOCKERFILE,
      'config.yaml': configYaml({
        host: registry.host,
        image: { baseImage: `${registry.host}/base/busybox:bookworm` },
      }),
    });
    const built = await objdocker(['build', '--platform', 'linux/amd64,linux/arm64', '--json'], {
      cwd: project.directory,
      env: engine.env,
    });
    expect(built.code).toBe(3);
    expect(JSON.parse(built.stdout).error).toMatchObject({
      code: 'BUILDER_INCAPABLE',
      hint: expect.stringMatching(/buildx|containerd/),
    });
  });
});
