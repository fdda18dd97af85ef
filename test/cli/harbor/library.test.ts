import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Config, loadConfig } from '../../../src/config/load.ts';
import type { HarborRepo } from '../../../src/model/harbor.ts';
import { ObjDocker } from '../../../src/obj-docker/obj-docker.ts';
import { startCountingProxy } from '../../harbor/counting-proxy.ts';
import { refuseProjectLists } from '../../harbor/project-lists.ts';
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
  it('lists the oldest first with at most 8 requests in flight, also with scans', async () => {
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

  it('cancels its requests when the caller leaves', async () => {
    await refuseProjectLists(harbor);
    let release = () => {};
    const left = new Promise<void>((resolve) => (release = resolve));
    // Holds the responses for all repositories but the first ten until the caller has left.
    await using proxy = await startCountingProxy(harbor.url, ({ url }) =>
      /\/repositories\/load0*[1-9][0-9]/.test(url) ? left : Promise.resolve(),
    );
    await using proxied = await createHarborProject({ host: proxy.host, login: harbor.admin });
    const proxiedConfig = await loadConfig(proxied.path('config.yaml'), { env: {} });
    for await (const repo of docker.harborListRepos(proxiedConfig.selectPackage('shop'), { newest: true })) {
      expect(repo.newest).toBeDefined();
      break;
    }
    const requests = proxy.seen.length;
    release();
    while (proxy.inFlight() > 0) await sleep(10);
    // The last 8 may arrive late. A client that continues sends one for each of the other repositories.
    expect(proxy.seen.length).toBeLessThanOrEqual(requests + 8);
    await harbor.failNext();
  });

  it('ends with its signal while Harbor does not respond', async () => {
    // The list never gets a response, so the signal ends it on a machine of any speed.
    await harbor.failNext({ count: 1_000, path: '/repositories', kind: 'stall' });
    const list = docker.harborListRepos(pkg(), { signal: AbortSignal.timeout(300) });
    await expect(list.next()).rejects.toMatchObject({ code: 'CANCELLED' });
    await harbor.failNext();
  });
});

describe('the Harbor methods', () => {
  it('run concurrently, each with connections of its own', async () => {
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

  it('leave nothing open that would keep the process alive', async () => {
    const script = `
      import { loadConfig, ObjDocker } from '${ROOT}/dist/index.js';
      const pkg = (await loadConfig('config.yaml', { env: {} })).selectPackage('shop');
      console.log((await new ObjDocker().harborScanResults(pkg, 'load0000', '1.0')).state);
      // A request's deadline that is left open keeps the process alive for 30 s.
      const ended = performance.now();
      process.on('exit', () => console.log(performance.now() - ended < 20_000 ? 'at once' : 'late'));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: project.directory,
    });
    expect(stdout).toBe('findings\nat once\n');
  });
});

describe('loaded modules', () => {
  const trace = `data:text/javascript,${encodeURIComponent(`
    import { register } from 'node:module';
    register('data:text/javascript,' + encodeURIComponent(
      'export async function load(url, context, next) { process._rawDebug(url); return next(url, context); }'));`)}`;
  const loadedBy = async (...args: string[]): Promise<string> => {
    const { stderr } = await promisify(execFile)(process.execPath, ['--import', trace, ...args], { cwd: ROOT });
    return stderr;
  };

  it('by the library excludes the HTTP client and the Harbor modules', async () => {
    const loaded = await loadedBy('--input-type=module', '-e', `await import('${ROOT}/dist/index.js')`);
    expect(loaded).toContain('/dist/obj-docker/obj-docker.js');
    expect(loaded).not.toMatch(/node_modules\/undici|dist\/harbor\//);
  });

  it('by a container command excludes the HTTP client', async () => {
    // The bundle has undici in a file of its own.
    const client = /\/agents-\w+\.js/;
    expect(await loadedBy(CLI, '-c', project.path('config.yaml'), 'harbor-repos', '--quiet')).toMatch(client);
    expect(await loadedBy(CLI, 'list', '--quiet')).not.toMatch(client);
  });
});
