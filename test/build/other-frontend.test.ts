// A file that is no Dockerfile, and the frontend of test/frontend that reads it.
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { objdocker } from '../harness/cli.ts';
import { type BuildkitPeer, peerProgram, startBuildkit } from './buildkit-peer.ts';
import { configYaml, docker, Project, REGISTRY } from './harness.ts';

const run = promisify(execFile);
const FRONTEND = `${REGISTRY}/objbuild/frontend`;
const LABEL = 'LABEL moby.buildkit.frontend.caps=moby.buildkit.frontend.subrequests\n';

/** Pushes the frontend under two tags: `silent` responds to no calls, as many frontends do. */
async function pushFrontend(program: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'build-frontend-image-'));
  try {
    await cp(program, join(folder, 'frontend'));
    for (const [tag, label] of Object.entries({ '1': LABEL, silent: '' })) {
      await writeFile(join(folder, 'Dockerfile'), `FROM scratch\n${label}COPY frontend /f\nENTRYPOINT ["/f"]\n`);
      await docker(process.env, 'build', '--quiet', '--tag', `${FRONTEND}:${tag}`, folder);
      await docker(process.env, 'push', '--quiet', `${FRONTEND}:${tag}`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

const frontend = peerProgram('frontend');
describe.skipIf(frontend === undefined)('a frontend that is not of Docker', () => {
  let projects: Project[] = [];
  beforeAll(() => pushFrontend(frontend ?? ''));
  afterEach(async () => {
    await Promise.all(projects.map((project) => project.remove()));
    projects = [];
  });

  async function project(image: string, tag = '1'): Promise<Project> {
    const targets = `# syntax=${FRONTEND}:${tag}\nbase\napi base\nweb base\n`;
    const files = { 'config.yaml': configYaml(image), 'axion.dockerfile': targets };
    const made = await Project.create(files, { env: process.env });
    projects.push(made);
    return made;
  }

  it('builds the services that the config names', async () => {
    const { folder } = await project(', services: [api, web]');
    const { code, stdout, stderr } = await objdocker(['build', '--json'], { cwd: folder });
    expect(code, stderr).toBe(0);
    const { images, warnings }: { images: { reference: string; service: string }[]; warnings: string[] } =
      JSON.parse(stdout);
    expect(images.map(({ service }) => service)).toEqual(['api', 'web']);
    expect(warnings).toEqual([expect.stringContaining('ObjDocker cannot check it')]);
    for (const { reference, service } of images) {
      const id = await docker(process.env, 'create', reference, 'none');
      try {
        const { stdout: archive } = await run('docker', ['cp', `${id}:/target`, '-']);
        expect(archive).toContain(service);
      } finally {
        await docker(process.env, 'rm', id);
      }
    }
  });

  it("needs the services in the config with Debian's buildx, which cannot ask", async () => {
    const { folder } = await project('');
    const { code, stderr } = await objdocker(['build'], { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toMatch(/:1: the frontend \S+ reads this file, and its services are not known: buildx 0\.13/);
    expect(stderr).toContain('deployment.image.services: [NAME]');
  });

  const buildkitd = peerProgram('buildkitd');
  const buildx = peerProgram('buildx');
  describe.skipIf(buildkitd === undefined || buildx === undefined)('with BuildKit 0.34', () => {
    let peer: BuildkitPeer;
    beforeAll(async () => {
      peer = await startBuildkit({ buildkitd: buildkitd ?? '', buildx: buildx ?? '' });
    });
    afterAll(() => peer?.[Symbol.asyncDispose]());

    it('names its targets, and each that no other starts from is a service', async () => {
      const { folder } = await project('');
      const { code, stdout, stderr } = await objdocker(['build', '--dry-run', '--json', '--builder', peer.builder], {
        cwd: folder,
        env: peer.env,
      });
      expect(code, stderr).toBe(0);
      const { images }: { images: { service: string }[] } = JSON.parse(stdout);
      expect(images.map(({ service }) => service)).toEqual(['api', 'web']);
    });

    it('is told as one that names none', async () => {
      const { folder } = await project('', 'silent');
      const { code, stderr } = await objdocker(['build', '--dry-run', '--builder', peer.builder], {
        cwd: folder,
        env: peer.env,
      });
      expect(code).toBe(2);
      expect(stderr).toContain(`the frontend ${FRONTEND}:silent gives no target names`);
    });
  });
});
