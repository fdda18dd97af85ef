// A build cache in the registry, read by a builder that has never built anything.
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objdocker } from '../harness/cli.ts';
import { createHarborProject, type HarborTestProject } from '../harness/harbor-project.ts';
import { configYaml, createProject } from '../harness/project.ts';
import { docker } from '../harness/sandbox.ts';
import { peerProgram, startBuildkit } from './buildkit-peer.ts';

const HOST = process.env.OBJDOCKER_SANDBOX_HARBOR ?? '';
const LOGIN = {
  username: process.env.OBJDOCKER_SANDBOX_HARBOR_ROBOT ?? '',
  password: process.env.OBJDOCKER_SANDBOX_HARBOR_ROBOT_PASSWORD ?? '',
};
/** Part of all names: other tests use the same Harbor. */
const RUN = randomBytes(4).toString('hex');
const DOCKERFILE = `FROM scratch AS shared
COPY shared.txt /shared
FROM shared AS api
COPY api.txt /own
FROM shared AS worker
COPY worker.txt /own
`;

const buildkitd = peerProgram('buildkitd') ?? '';
const buildx = peerProgram('buildx') ?? '';
const repositories = ['api', 'worker'].map((service) => `${service}-${RUN}`);

describe.skipIf(buildkitd === '' || buildx === '')('image.cache: registry', () => {
  let project: HarborTestProject;

  beforeAll(async () => {
    project = await createHarborProject({
      host: HOST,
      login: LOGIN,
      image: { repository: RUN, name: `{service}-${RUN}`, cache: 'registry' },
      files: { Dockerfile: DOCKERFILE, 'shared.txt': RUN, 'api.txt': `a ${RUN}`, 'worker.txt': `w ${RUN}` },
    });
  });

  afterAll(async () => {
    await docker(['rmi', '--force', ...repositories.map((name) => `${HOST}/axion/${name}:1.0`)]);
    for (const name of repositories)
      for (const tag of ['buildcache', '1.0']) await project.run(['harbor-delete', `${name}:${tag}`, '--yes']);
    await project[Symbol.asyncDispose]();
  });

  /** Builds on a builder with an empty cache. Returns the steps, and how many of them were in the cache. */
  async function buildOnce(): Promise<{ total: number; cached: number }> {
    await using peer = await startBuildkit({ buildkitd, buildx });
    const { document } = await project.json('build', ['build', '--builder', peer.builder], { env: peer.env });
    expect(document.warnings).toEqual([]);
    return document.steps;
  }

  it('lets a builder with an empty cache take all steps from the registry, of each service', async () => {
    expect(await buildOnce()).toEqual({ total: 3, cached: 0 });
    expect(await buildOnce()).toEqual({ total: 3, cached: 3 });
  });

  it('is no image: it is not scanned, not the newest of its repository, and not removed by --clean', async () => {
    const [name = ''] = repositories;
    const newest = async () => {
      const { document } = await project.json('harbor-repos', ['harbor-repos', '--scan']);
      return document.items.find((repository) => repository.name === name);
    };
    expect(await newest()).toMatchObject({ artifactCount: 1 });
    expect(await newest()).not.toHaveProperty('newest');
    expect((await project.run(['push'])).code).toBe(0);
    // The cache of another builder is newer than the image.
    await writeFile(project.path('api.txt'), `other ${RUN}`);
    await buildOnce();
    expect(await newest()).toMatchObject({ artifactCount: 3, newest: { tags: [{ name: '1.0' }], type: 'IMAGE' } });
    const { stdout } = await project.run(['pipeline', '--clean', '--older-than', '1s', '--dry-run', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ removed: [] });
    const scan = await project.run(['harbor-scan', `${name}:buildcache`]);
    expect(scan.code).not.toBe(0);
    expect(scan.stdout + scan.stderr).toContain('no scanner can scan it');
  });
});

describe('a cache that cannot be written', () => {
  /** The registry refuses it: the build has no login for this host. */
  const refused = `type=registry,ref=${HOST}/axion/refused-${RUN}:cache,mode=max,image-manifest=true`;
  const build = async (cacheTo: string, code: number) => {
    await using project = await createProject({
      Dockerfile: 'FROM localhost/busybox:bookworm\nCOPY file /file\n',
      file: RUN,
      'config.yaml': configYaml({
        host: process.env.OBJDOCKER_SANDBOX_REGISTRY ?? '',
        repository: `cache-${RUN}`,
        image: { cacheTo: [cacheTo] },
      }),
    });
    const result = await objdocker(['build', '--json'], { cwd: project.directory });
    expect(result.code, result.stderr).toBe(code);
    return { ...result, document: JSON.parse(result.stdout) };
  };

  afterAll(async () => {
    await docker(['rmi', '--force', `${process.env.OBJDOCKER_SANDBOX_REGISTRY}/cache-${RUN}:test`]);
  });

  it('is a warning with ignore-error=true, on the terminal and in the JSON output', async () => {
    const { document, stderr } = await build(`${refused},ignore-error=true`, 0);
    const warning = /^the build cache was not written \(exporting cache to registry\): .*401 Unauthorized/;
    expect(document.warnings).toEqual([expect.stringMatching(warning)]);
    expect(stderr.split(`warning: ${document.warnings[0]}`)).toHaveLength(2);
  });

  it('fails the build without it', async () => {
    const { document } = await build(refused, 4);
    expect(document.error).toMatchObject({
      message: expect.stringMatching(/exporting cache to registry failed: .*401 Unauthorized/),
      hint: expect.stringContaining('build cache'),
    });
  });
});
