import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Config, loadConfig } from '../../../src/config/load.ts';
import type { HarborRepo } from '../../../src/obj-docker/harbor/lists.ts';
import { ObjDocker } from '../../../src/obj-docker/obj-docker.ts';
import { CLI, ROOT } from '../../harness/cli.ts';
import { createHarborProject, type HarborTestProject } from '../../harness/harbor-project.ts';
import { startHarbor, type TestHarbor } from '../../harness/harbor-server.ts';
import { pushImage } from '../../sandbox/small-images.ts';

let harbor: TestHarbor;
let project: HarborTestProject;
let config: Config;
const docker = new ObjDocker();

beforeAll(async () => {
  harbor = await startHarbor();
  project = await createHarborProject({ host: harbor.host, login: harbor.admin });
  config = await loadConfig(project.path('config.yaml'), { env: {} });
  await harbor.seed({ repositories: 150, artifacts: 2, findings: 3, prefix: 'load' });
});

afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await harbor[Symbol.asyncDispose]();
});

const pkg = () => config.selectPackage('shop');

describe('harborListRepos', () => {
  it('keeps the order and the budget of 8 requests, with a scan of each repository', async () => {
    await harbor.resetTraffic();
    await harbor.setDelays({ latency: 10 });
    const repos: HarborRepo[] = [];
    for await (const repo of docker.harborListRepos(pkg(), { scan: true })) repos.push(repo);
    await harbor.setDelays({ latency: 0 });
    expect(repos.map(({ created }) => created)).toEqual(repos.map(({ created }) => created).sort());
    expect(new Set(repos.map(({ name }) => name)).size).toBe(150);
    expect(repos.every(({ newest }) => newest?.scan?.state === 'findings')).toBe(true);
    const { maxInFlight } = await harbor.traffic();
    expect(maxInFlight).toBeGreaterThan(2);
    expect(maxInFlight).toBeLessThanOrEqual(8);
  });

  it('ends what is under way when its caller leaves', async () => {
    await harbor.failNext({ count: 1_000, path: '/repositories/load0*[1-9][0-9]', kind: 'stall' });
    const started = performance.now();
    for await (const repo of docker.harborListRepos(pkg(), { newest: true })) {
      expect(repo.newest).toBeDefined();
      break;
    }
    // A request that nobody ends lasts until its deadline of 30 s.
    expect(performance.now() - started).toBeLessThan(25_000);
    const { requests } = await harbor.traffic();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await harbor.traffic()).requests).toBeLessThanOrEqual(requests + 1);
    await harbor.failNext();
  });

  it('ends with its signal, also while nobody answers', async () => {
    await harbor.failNext({ count: 1_000, path: '/repositories', kind: 'stall' });
    const list = docker.harborListRepos(pkg(), { signal: AbortSignal.timeout(300) });
    await expect(list.next()).rejects.toMatchObject({ code: 'CANCELLED' });
    await harbor.failNext();
  });
});

describe('the other methods', () => {
  it('work side by side, each with connections that end with it', async () => {
    const digest = await pushImage(harbor, { repository: 'axion/library', tag: '1.0' });
    const scans = [docker.harborScan(pkg(), 'library').result, docker.harborScan(pkg(), 'library', '1.0').result];
    const [first, second] = await Promise.all(scans);
    expect(first).toMatchObject({ digest, state: 'clean' });
    expect(second?.images[0]?.reportId).toBe(first?.images[0]?.reportId);
    expect(await docker.harborScanResults(pkg(), `library@${digest}`)).toEqual(first);
    expect(await docker.harborUntag(pkg(), 'library', '1.0')).toEqual({
      repository: 'axion/library',
      tag: '1.0',
      digest,
    });
    await docker.harborDeleteArtifact(pkg(), 'library', digest);
    await expect(docker.harborScanResults(pkg(), 'library', digest)).rejects.toMatchObject({
      code: 'ARTIFACT_NOT_FOUND',
    });
  });

  it('leave a process that ends by itself, at once', async () => {
    const script = `
      import { loadConfig, ObjDocker } from '${ROOT}/dist/index.js';
      const pkg = (await loadConfig('config.yaml', { env: {} })).selectPackage('shop');
      console.log((await new ObjDocker().harborScanResults(pkg, 'load0000', '1.0')).state);
      const ended = performance.now();
      process.on('exit', () => console.log(performance.now() - ended < 1000 ? 'at once' : 'late'));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: project.directory,
    });
    expect(stdout).toBe('findings\nat once\n');
  });
});

describe('what is loaded', () => {
  const trace = `data:text/javascript,${encodeURIComponent(`
    import { register } from 'node:module';
    register('data:text/javascript,' + encodeURIComponent(
      'export async function load(url, context, next) { process._rawDebug(url); return next(url, context); }'));`)}`;
  const loadedBy = async (...args: string[]): Promise<string> => {
    const { stderr } = await promisify(execFile)(process.execPath, ['--import', trace, ...args], { cwd: ROOT });
    return stderr;
  };

  it('by the library is no HTTP client and nothing of Harbor', async () => {
    const loaded = await loadedBy('--input-type=module', '-e', `await import('${ROOT}/dist/index.js')`);
    expect(loaded).toContain('/dist/obj-docker/obj-docker.js');
    expect(loaded).not.toMatch(/node_modules\/undici|dist\/harbor\//);
  });

  it('by a container command is no HTTP client of a registry', async () => {
    expect(await loadedBy(CLI, 'list', '--quiet')).not.toMatch(/node_modules\/undici/);
  });
});
