import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, startHarbor, type TestHarbor } from '../harness/harbor-server.ts';
import { until } from '../harness/processes.ts';
import { docker } from '../harness/sandbox.ts';
import { pushImage, pushIndex } from './small-images.ts';

interface Overview {
  readonly scan_status: string;
  readonly report_id: string;
  readonly severity?: string;
  readonly summary?: { readonly total: number; readonly fixable: number; readonly summary: Record<string, number> };
}

const PYTHON = 'localhost/python:3.11-slim-bookworm';
const BUSYBOX = 'localhost/busybox:bookworm';

let harbor: TestHarbor;
beforeAll(async () => {
  harbor = await startHarbor({ delays: { scanTime: 150, gcTime: 20, gcLag: 20 } });
});
afterAll(() => harbor[Symbol.asyncDispose]());

const artifactPath = (repository: string, reference: string) =>
  `projects/axion/repositories/${repository.replaceAll('/', '%252F')}/artifacts/${reference}`;

async function readJson<T>(path: string): Promise<T> {
  return (await (await harbor.api('GET', path)).json()) as T;
}

async function overviewOf(repository: string, reference: string): Promise<Overview | undefined> {
  const path = `${artifactPath(repository, reference)}?with_scan_overview=true`;
  const { scan_overview = {} } = await readJson<{ scan_overview?: Record<string, Overview> }>(path);
  return Object.values(scan_overview)[0];
}

async function scan(repository: string, reference: string): Promise<Overview | undefined> {
  const response = await harbor.api('POST', `${artifactPath(repository, reference)}/scan`);
  expect(response.status).toBe(202);
  return untilScanned(repository, reference);
}

async function untilScanned(repository: string, reference: string): Promise<Overview | undefined> {
  for (;;) {
    const overview = await overviewOf(repository, reference);
    if (overview?.scan_status !== 'Pending' && overview?.scan_status !== 'Running') return overview;
    await sleep(30);
  }
}

/** Reads a manifest as a registry client does. */
const pull = (repository: string, reference: string): Promise<Response> =>
  harbor.api('GET', `/v2/axion/${repository}/manifests/${reference}`, {
    headers: { Accept: 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json' },
  });

/** The environment variables for docker commands with the login of an account. */
function loggedIn({ username, password }: Account): { DOCKER_CONFIG: string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), 'objdocker-docker-'));
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [harbor.host]: { auth } } }));
  return { DOCKER_CONFIG: folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

describe('images that docker pushes', () => {
  it('can be listed, scanned and pulled again, and have samples of every severity', async () => {
    using env = loggedIn(harbor.admin);
    const image = `${harbor.host}/axion/shop/python:3.11`;
    await docker(['tag', PYTHON, image]);
    await docker(['push', '-q', image], { DOCKER_CONFIG: env.DOCKER_CONFIG });
    const { digest, size, tags } = await readJson<{ digest: string; size: number; tags: { name: string }[] }>(
      artifactPath('shop/python', '3.11'),
    );
    expect(tags.map(({ name }) => name)).toEqual(['3.11']);
    expect(size).toBeGreaterThan(10_000_000);
    const overview = await scan('shop/python', digest);
    const { total = 0, fixable = 0, summary = {} } = overview?.summary ?? {};
    expect(Object.keys(summary).toSorted()).toEqual(['Critical', 'High', 'Low', 'Medium', 'None', 'Unknown']);
    expect(fixable).toBeGreaterThan(0);
    expect(fixable).toBeLessThan(total);
    await docker(['rmi', '-f', image]);
    await docker(['pull', '-q', `${harbor.host}/axion/shop/python@${digest}`], { DOCKER_CONFIG: env.DOCKER_CONFIG });
    await docker(['rmi', '-f', `${harbor.host}/axion/shop/python@${digest}`]);
  });

  it('form an index when they have several platforms, and are clean without known packages', async () => {
    using env = loggedIn(harbor.robot);
    const image = `${harbor.host}/axion/busybox:1`;
    await docker(['tag', BUSYBOX, image]);
    await docker(['push', '-q', image], { DOCKER_CONFIG: env.DOCKER_CONFIG });
    await docker(['rmi', '-f', image]);
    const { references } = await readJson<{ references: { platform: { architecture: string } }[] }>(
      artifactPath('busybox', '1'),
    );
    expect(references.map(({ platform }) => platform.architecture)).toEqual(['amd64', 'arm64']);
    expect(await scan('busybox', '1')).toMatchObject({ scan_status: 'Success', severity: 'None' });
  });

  it('are rejected without push permission and in read-only mode', async () => {
    using outsider = loggedIn(harbor.outsider);
    using admin = loggedIn(harbor.admin);
    const image = `${harbor.host}/axion/refused:1`;
    await docker(['tag', BUSYBOX, image]);
    const push = (env: { DOCKER_CONFIG: string }) => docker(['push', image], { DOCKER_CONFIG: env.DOCKER_CONFIG });
    await expect(push(outsider)).rejects.toThrow(/401|unauthorized/);
    await harbor.api('PUT', 'configurations', { body: { read_only: true } });
    await expect(push(admin)).rejects.toThrow(/403|read only/);
    await harbor.api('PUT', 'configurations', { body: { read_only: false } });
    await docker(['rmi', '-f', image]);
  });

  it('cannot be pulled while they are vulnerable and the project prevents it', async () => {
    await pushImage(harbor, { repository: 'axion/prevented', tag: '1' });
    await harbor.planScan('axion/prevented', '1', { findings: 6 });
    await harbor.api('PUT', 'projects/axion', { body: { metadata: { prevent_vul: 'true', severity: 'high' } } });
    expect(await (await pull('prevented', '1')).text()).toContain('without vulnerability scanning');
    await scan('prevented', '1');
    expect(await (await pull('prevented', '1')).text()).toContain('with 6 vulnerabilities');
    await harbor.planScan('axion/prevented', '1', { findings: [] });
    await scan('prevented', '1');
    expect((await pull('prevented', '1')).status).toBe(200);
    await harbor.api('PUT', 'projects/axion', { body: { metadata: { prevent_vul: 'false' } } });
  });
});

describe('scans', () => {
  it('start with every push when auto_scan is on, and replace the earlier report', async () => {
    await harbor.api('PUT', 'projects/axion', { body: { metadata: { auto_scan: 'true' } } });
    await pushImage(harbor, { repository: 'axion/auto', tag: '1' });
    const first = await untilScanned('auto', '1');
    expect(first?.scan_status).toBe('Success');
    const manifest = await pull('auto', '1');
    const type = manifest.headers.get('content-type') ?? '';
    const body = await manifest.text();
    await harbor.planScans('axion/auto', { holds: true });
    await harbor.api('PUT', '/v2/axion/auto/manifests/1', { body, headers: { 'Content-Type': type } });
    const second = await overviewOf('auto', '1');
    expect(second?.report_id).not.toBe(first?.report_id);
    expect(second?.scan_status).toMatch(/^(Pending|Running)$/);
    expect(await readJson(`${artifactPath('auto', '1')}/additions/vulnerabilities`)).toEqual({});
    await harbor.api('PUT', 'projects/axion', { body: { metadata: { auto_scan: 'false' } } });
    await harbor.planScans('axion/auto', {});
    await untilScanned('auto', '1');
  });

  it('fail for an image with the label, also as one platform of an index', async () => {
    const labels = { 'objdocker.sandbox.scan': 'fail' };
    const good = await pushImage(harbor, { repository: 'axion/half', platform: 'linux/amd64' });
    const bad = await pushImage(harbor, { repository: 'axion/half', platform: 'linux/arm64', labels });
    await pushIndex(harbor, 'axion/half', '1', [
      { digest: good, platform: 'linux/amd64' },
      { digest: bad, platform: 'linux/arm64' },
    ]);
    expect((await scan('half', '1'))?.scan_status).toBe('Success');
    expect((await untilScanned('half', bad))?.scan_status).toBe('Error');
    expect(await readJson(`${artifactPath('half', '1')}/additions/vulnerabilities`)).toEqual({});
  });

  it('resume after a restart', async () => {
    await pushImage(harbor, { repository: 'axion/restart', tag: '1' });
    await harbor.planScans('axion/restart', { holds: true });
    await harbor.api('POST', `${artifactPath('restart', '1')}/scan`);
    await harbor.restart();
    expect((await overviewOf('restart', '1'))?.scan_status).toMatch(/^(Pending|Running)$/);
    await harbor.planScans('axion/restart', {});
    expect((await untilScanned('restart', '1'))?.scan_status).toBe('Success');
    expect((await pull('restart', '1')).status).toBe(200);
  });
});

describe('a garbage collection', () => {
  async function collect(parameters: object): Promise<Record<string, unknown>> {
    const body = { schedule: { type: 'Manual' }, parameters };
    const path = (await harbor.api('POST', 'system/gc/schedule', { body })).headers.get('location') ?? '';
    for (;;) {
      const { job_status, job_parameters } = await readJson<{ job_status: string; job_parameters: string }>(path);
      if (job_status === 'Success') return JSON.parse(job_parameters) as Record<string, unknown>;
      expect(job_status).toBe('Running');
      await sleep(20);
    }
  }

  it('frees the blobs that only a deleted image used, as the dry run reports', async () => {
    const files = { 'big.txt': 'x'.repeat(3000) };
    await pushImage(harbor, { repository: 'axion/kept', tag: '1' });
    const digest = await pushImage(harbor, { repository: 'axion/doomed', tag: '1', files });
    await harbor.api('DELETE', artifactPath('doomed', '1'));
    const dry = await collect({ delete_untagged: false, dry_run: true, workers: 1 });
    const real = await collect({ delete_untagged: false, dry_run: false, workers: 1 });
    // Both images have the same config.
    expect(dry).toMatchObject({ purged_manifests: 1, purged_blobs: 1, freed_space: real.freed_space });
    expect(real.freed_space).toBeGreaterThan(100);
    expect(await collect({ delete_untagged: false, dry_run: false })).toMatchObject({ freed_space: 0 });
    expect((await pull('doomed', digest)).status).toBe(404);
    expect((await pull('kept', '1')).status).toBe(200);
    expect(await pushImage(harbor, { repository: 'axion/doomed', tag: '1', files })).toMatch(/^sha256:/);
  });

  it('deletes untagged artifacts only with delete_untagged, and keeps the platforms of an index', async () => {
    const child = await pushImage(harbor, { repository: 'axion/tidy', platform: 'linux/amd64' });
    await pushIndex(harbor, 'axion/tidy', 'index', [{ digest: child, platform: 'linux/amd64' }]);
    const lost = await pushImage(harbor, { repository: 'axion/tidy' });
    await collect({ delete_untagged: false, dry_run: false });
    expect((await harbor.api('GET', artifactPath('tidy', lost))).status).toBe(200);
    await collect({ delete_untagged: true, dry_run: false });
    expect((await harbor.api('GET', artifactPath('tidy', lost))).status).toBe(404);
    expect((await pull('tidy', child)).status).toBe(200);
  });

  it('keeps blobs that are younger than the time window', async () => {
    await pushImage(harbor, { repository: 'axion/young', tag: '1' });
    await harbor.api('DELETE', artifactPath('young', '1'));
    await harbor.setDelays({ gcWindow: 2 });
    expect(await collect({ delete_untagged: false, dry_run: false })).toMatchObject({ time_window: 2, freed_space: 0 });
    await harbor.setDelays({ gcWindow: 0 });
  });
});

describe('the switches', () => {
  it('seed 1,200 repositories of 3 artifacts', async () => {
    await harbor.seed({ project: 'many', repositories: 1200, artifacts: 3, findings: 7 });
    const page = await harbor.api('GET', 'projects/many/repositories?page=12&page_size=100&sort=creation_time');
    expect(page.headers.get('x-total-count')).toBe('1200');
    expect((await page.json()) as unknown[]).toHaveLength(100);
  });

  it('make as many of the next requests fail as planned', async () => {
    const send = () => harbor.api('GET', 'projects/axion');
    await harbor.failNext(
      { status: 429, headers: { 'Retry-After': '1' }, path: '/projects/axion$' },
      { kind: 'reset', path: '/projects/axion$' },
      { kind: 'truncate', path: '/projects/axion$' },
    );
    const limited = await send();
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '1']);
    await expect(send()).rejects.toThrow();
    await expect(send().then((response) => response.text())).rejects.toThrow();
    expect((await send()).status).toBe(200);
  });

  it('plan and hold the scans of later images, also of one platform', async () => {
    const repository = 'axion/planned';
    await harbor.planScans(repository, { holds: true, findings: [] });
    await harbor.planScans(repository, { platform: 'linux/arm64', fails: 'no memory' });
    for (const platform of ['linux/amd64', 'linux/arm64']) {
      await pushImage(harbor, { repository, tag: platform.slice(6), platform });
      await harbor.api('POST', `${artifactPath('planned', platform.slice(6))}/scan`);
    }
    expect(await untilScanned('planned', 'arm64')).toMatchObject({ scan_status: 'Error' });
    // The scan of arm64 started later and has ended, so only the plan keeps this one running.
    expect(await overviewOf('planned', 'amd64')).toMatchObject({ scan_status: 'Running' });
    await harbor.planScans(repository, {});
    expect(await untilScanned('planned', 'amd64')).toMatchObject({ scan_status: 'Success' });
  });

  it('drop the response of a handled request, after a number of successful ones', async () => {
    const name = `lost-${Date.now()}`;
    const tag = (each: string) =>
      harbor.api('POST', `${artifactPath(name, '1')}/tags`, { body: { name: each } }).then(({ status }) => status);
    const digest = await pushImage(harbor, { repository: `axion/${name}`, tag: '1' });
    await harbor.failNext({ method: 'POST', path: '/tags$', kind: 'lose', after: 1 });
    expect(await tag('2')).toBe(201);
    await expect(tag('3')).rejects.toThrow();
    expect(await tag('4')).toBe(201);
    const { tags } = await readJson<{ tags: { name: string }[] }>(artifactPath(name, digest));
    expect(tags.map((each) => each.name).toSorted()).toEqual(['1', '2', '3', '4']);
    await harbor.failNext({ method: 'PUT', path: '/manifests/', kind: 'lose' });
    await expect(pushImage(harbor, { repository: `axion/${name}`, tag: '5' })).rejects.toThrow();
    expect((await pull(name, '5')).status).toBe(200);
  });

  it('ignore the requests of an observer', async () => {
    await harbor.failNext({ path: '/projects/axion$', kind: 'reset' });
    await harbor.resetTraffic();
    const response = await harbor.api('GET', 'projects/axion', { headers: { 'X-Sandbox-Observer': '1' } });
    expect(response.status).toBe(200);
    expect(await harbor.traffic()).toMatchObject({ requests: 0 });
    await harbor.failNext();
  });

  it('delay requests, and count how many are in flight', async () => {
    const start = Date.now();
    await harbor.setDelays({ latency: 300 });
    await harbor.api('GET', 'health');
    expect(Date.now() - start).toBeGreaterThanOrEqual(295);
    await harbor.setDelays({ latency: 0 });

    const own = await startHarbor({ delays: { latency: 3_600_000 } });
    // They wait until the server stops.
    const waiting = Promise.allSettled(Array.from({ length: 5 }, () => own.api('GET', 'health')));
    try {
      await until(own.traffic, ({ requests }) => requests === 5);
      expect(await own.traffic()).toMatchObject({ requests: 5, maxInFlight: 5 });
    } finally {
      await own[Symbol.asyncDispose]();
    }
    await waiting;
  });

  it('set the clock of the responses', async () => {
    await harbor.setDelays({ clockSkew: 3_600_000 });
    const date = (await harbor.api('GET', 'health')).headers.get('date') ?? '';
    expect(Date.parse(date) - Date.now()).toBeGreaterThan(3_500_000);
    await harbor.setDelays({ clockSkew: 0 });
  });
});

describe('a login', () => {
  const logIn = (at: TestHarbor, password: string) =>
    at.api('GET', 'users/current', { as: { username: 'dev', password } }).then(({ status }) => status);

  it('with a wrong password locks the account', async () => {
    const own = await startHarbor({ delays: { loginDelay: 3_600_000 } });
    const right = () => logIn(own, own.outsider.password);
    try {
      expect(await right()).toBe(200);
      // Its response comes after the lock.
      void logIn(own, 'wrong').catch(() => {});
      await until(right, (status) => status === 401);
    } finally {
      await own[Symbol.asyncDispose]();
    }
  });

  it('works again a while after one with a wrong password', async () => {
    expect(await logIn(harbor, 'wrong')).toBe(401);
    await until(
      () => logIn(harbor, harbor.outsider.password),
      (status) => status === 200,
    );
  });
});

describe('script/sandbox harbor', () => {
  it('keeps images and password after a kill, and does not leak the password', async () => {
    const name = `th${process.pid}`;
    const sandbox = (...args: string[]) => execFileSync('script/sandbox', ['harbor', ...args], { encoding: 'utf8' });
    const read = () => {
      const lines = sandbox('env', name).matchAll(/^export (\w+)='(.*)'$/gm);
      return Object.fromEntries([...lines].map(([, key, value]) => [key ?? '', value ?? '']));
    };
    try {
      sandbox('up', name, '--scan-time', '200ms');
      const env = read();
      const url = env.OBJDOCKER_SANDBOX_HARBOR_URL ?? '';
      const password = env.OBJDOCKER_SANDBOX_HARBOR_PASSWORD ?? '';
      const auth = Buffer.from(`admin:${password}`).toString('base64');
      const headers = { Authorization: `Basic ${auth}`, Connection: 'close' };
      const json = { ...headers, 'Content-Type': 'application/json' };
      await fetch(`${url}/api/v2.0/projects`, { method: 'POST', headers: json, body: '{"project_name":"mine"}' });
      const folder = execFileSync('bash', ['-c', `. sandbox/lib/common.sh; echo $SANDBOX_DIR/harbors/${name}`])
        .toString()
        .trim();
      // The state is written with a delay.
      const state = join(folder, 'state.json');
      while (!existsSync(state) || !readFileSync(state, 'utf8').includes('"mine"')) await sleep(20);
      expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain(password);
      sandbox('kill', name);
      sandbox('up', name);
      expect(read()).toEqual(env);
      expect((await fetch(`${url}/api/v2.0/projects/mine`, { headers })).status).toBe(200);
      expect(readFileSync(join(folder, 'log'), 'utf8')).not.toContain(password);
    } finally {
      sandbox('down', name);
    }
  });
});
