import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Harbor } from '../../src/harbor/harbor.ts';
import type { ScanOptions } from '../../src/harbor/scan/scan-artifact.ts';
import type { ScanEvent } from '../../src/harbor/scan/scan-event.ts';
import { Secret } from '../../src/lib/secret.ts';
import type { ScanReport } from '../../src/model/scan-report.ts';
import { collect, openTestHarbor } from '../harness/harbor-client.ts';
import { type Account, chosenVersion, startHarbor, type TestHarbor } from '../harness/harbor-server.ts';
import { pushImage, pushIndex } from '../sandbox/small-images.ts';

// Whole scans and gc runs, against a server that is slow, fails or restarts.

const PACE = { firstMs: 20, longestMs: 100, settleMs: 150 };

let server: TestHarbor;

beforeAll(async () => {
  server = await startHarbor();
  await server.api('PUT', 'projects/axion', { body: { metadata: { auto_scan: 'false' } } });
});
afterAll(() => server[Symbol.asyncDispose]());

function open({ username, password }: Account = server.admin): Harbor & AsyncDisposable {
  return openTestHarbor(server.url, { login: { username, password: new Secret(password) } });
}

async function scan(
  harbor: Harbor,
  repository: string,
  reference: string,
  options: ScanOptions = {},
): Promise<{ events: ScanEvent[]; report: ScanReport }> {
  const operation = harbor
    .project('axion')
    .repository(repository)
    .scan(reference, { pace: PACE, ...options });
  const events = await collect(operation);
  return { events, report: await operation.result };
}

/** Collects the events of a held scan, which may end once it is requested. */
async function collectAndRelease(operation: AsyncIterable<ScanEvent>, repository: string): Promise<ScanEvent[]> {
  const events: ScanEvent[] = [];
  for await (const event of operation) {
    events.push(event);
    if (event.type === 'requested') await server.planScans(repository, {});
  }
  return events;
}

async function restartAndRelease(repository: string): Promise<void> {
  await server.restart();
  await server.planScans(repository, {});
}

const dpkg = (...packages: string[]) => ({
  'var/lib/dpkg/status': packages
    .map((name) => `Package: ${name}\nStatus: install ok installed\nVersion: 1.0-1\n`)
    .join('\n'),
});

describe('a scan that makes no progress', () => {
  const stalls = async (
    repository: string,
    change: () => Promise<unknown>,
    reset: () => Promise<unknown>,
  ): Promise<string | undefined> => {
    await pushImage(server, { repository: `axion/${repository}`, tag: '1.0' });
    await server.planScans(`axion/${repository}`, { holds: true });
    await using harbor = open();
    const operation = harbor
      .project('axion')
      .repository(repository)
      .scan('1.0', { pace: { ...PACE, stallMs: 100 } });
    let trouble: string | undefined;
    for await (const event of operation) {
      if (event.type === 'requested') await change();
      if (event.type !== 'trouble') continue;
      trouble = event.message;
      await reset();
      await server.planScans(`axion/${repository}`, {});
    }
    expect((await operation.result).state).toBe('clean');
    return trouble;
  };
  const setReadOnly = (on: boolean) => server.api('PUT', 'configurations', { body: { read_only: on } });

  test('says that Harbor is in read-only mode', async () => {
    const trouble = await stalls(
      'stuck-read-only',
      () => setReadOnly(true),
      () => setReadOnly(false),
    );
    expect(trouble).toContain('is in read-only mode');
  });

  test('says that the jobservice is down', async () => {
    const trouble = await stalls(
      'stuck-jobservice',
      () => server.setDown('jobservice'),
      () => server.setDown(),
    );
    expect(trouble).toContain('the jobservice of Harbor');
  });
});

describe('a scan', () => {
  test('reports the findings of the image and its own progress', async () => {
    await pushImage(server, { repository: 'axion/one', tag: '1.0', files: dpkg('zlib1g', 'libexpat1') });
    await using harbor = open();
    expect(await harbor.project('axion').repository('one').scanReport('1.0')).toMatchObject({
      state: 'not-scanned',
      tags: ['1.0'],
      images: [{ platform: 'linux/amd64', state: 'not-scanned', findings: [] }],
    });
    const { events, report } = await scan(harbor, 'one', '1.0');
    expect(report).toMatchObject({ repository: 'axion/one', state: 'findings', images: [{ state: 'findings' }] });
    expect(report.images[0]?.findings.map((finding) => finding.package)).toContain('zlib1g');
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['requested', 'progress', 'finished']));
    expect(events.at(-1)).toMatchObject({ type: 'finished', platform: 'linux/amd64', state: 'findings' });
    expect(await harbor.project('axion').repository('one').scanReport('1.0')).toEqual(report);
  });

  test('scans each platform of an index, but not its attestations', async () => {
    const repository = 'axion/team/multi';
    const children = [
      { platform: 'linux/amd64', digest: await pushImage(server, { repository, files: dpkg('zlib1g') }) },
      { platform: 'linux/arm64', digest: await pushImage(server, { repository, platform: 'linux/arm64' }) },
      { platform: 'unknown/unknown', digest: await pushImage(server, { repository, platform: 'unknown/unknown' }) },
    ];
    await pushIndex(server, repository, 'latest', children);
    await using harbor = open();
    const { events, report } = await scan(harbor, 'team/multi', 'latest');
    expect(report.state).toBe('findings');
    expect(report.images.map(({ platform, state }) => [platform, state])).toEqual([
      ['linux/amd64', 'findings'],
      ['linux/arm64', 'clean'],
    ]);
    expect(events.filter(({ type }) => type === 'requested')).toHaveLength(2);
  });

  test('fails for an index when one platform fails, although Harbor reports Success for the index', async () => {
    const repository = 'axion/half';
    const good = await pushImage(server, { repository });
    const bad = await pushImage(server, {
      repository,
      platform: 'linux/arm64',
      labels: { 'objdocker.sandbox.scan': 'fail' },
    });
    await pushIndex(server, repository, 'latest', [
      { platform: 'linux/amd64', digest: good },
      { platform: 'linux/arm64', digest: bad },
    ]);
    await using harbor = open();
    const { report } = await scan(harbor, 'half', 'latest');
    const index = await harbor.project('axion').repository('half').getArtifact('latest');
    expect(index.scanOverview?.status).toBe('Success');
    expect(report).toMatchObject({
      state: 'failed',
      images: [{ state: 'clean' }, { state: 'failed', reason: expect.stringContaining('the scan failed') }],
    });
  });

  test('waits for a new report when there is an old one', async () => {
    await pushImage(server, { repository: 'axion/again', tag: '1.0' });
    await using harbor = open();
    const first = await scan(harbor, 'again', '1.0');
    expect(first.report.state).toBe('clean');
    await server.planScan('axion/again', '1.0', { findings: 7 });
    const second = await scan(harbor, 'again', '1.0');
    expect(second.report.images[0]?.findings).toHaveLength(7);
    expect(second.report.images[0]?.reportId).not.toBe(first.report.images[0]?.reportId);
    const taken = await scan(harbor, 'again', '1.0', { trigger: 'never' });
    expect(taken.report).toEqual(second.report);
    const oldReports = new Set([second.report.images[0]?.reportId ?? '']);
    // No new report ever comes, so the deadline passes on a machine of any speed.
    const late = scan(harbor, 'again', '1.0', { trigger: 'never', oldReports, timeoutMs: 400 });
    await expect(late).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  test('attaches to a running scan', async () => {
    await pushImage(server, { repository: 'axion/busy', tag: '1.0' });
    await server.planScans('axion/busy', { holds: true });
    await using harbor = open();
    const busy = harbor.project('axion').repository('busy');
    expect(await busy.startScan('1.0')).toEqual({ started: true });
    expect(await busy.startScan('1.0')).toEqual({ started: false });
    const operation = busy.scan('1.0', { pace: PACE });
    const events = await collectAndRelease(operation, 'axion/busy');
    expect((await operation.result).state).toBe('clean');
    expect(events[0]).toMatchObject({ type: 'requested', attached: true });
  });

  test('with `if-none` starts only when auto_scan has not started one', async () => {
    await pushImage(server, { repository: 'axion/auto', tag: '1.0' });
    await using harbor = open();
    const { events } = await scan(harbor, 'auto', '1.0', { trigger: 'if-none' });
    expect(events[0]).toMatchObject({ type: 'requested', attached: false });
    await harbor.project('axion').changePushSettings({ autoScan: true });
    try {
      await server.planScans('axion/auto', { holds: true });
      await pushImage(server, { repository: 'axion/auto', tag: '1.1' });
      const operation = harbor.project('axion').repository('auto').scan('1.1', { pace: PACE, trigger: 'if-none' });
      const automatic = await collectAndRelease(operation, 'axion/auto');
      expect(automatic[0]).toMatchObject({ type: 'requested', attached: true });
      expect((await operation.result).state).toBe('clean');
    } finally {
      await harbor.project('axion').changePushSettings({ autoScan: false });
    }
  });

  test('survives a restart of Harbor and a clock that is an hour off', async () => {
    await pushImage(server, { repository: 'axion/restart', tag: '1.0' });
    await server.planScans('axion/restart', { holds: true });
    await server.setDelays({ clockSkew: -3_600_000 });
    try {
      await using harbor = open();
      const operation = harbor.project('axion').repository('restart').scan('1.0', { pace: PACE });
      let restarted: Promise<void> | undefined;
      for await (const event of operation) {
        if (event.type === 'progress') restarted ??= restartAndRelease('axion/restart');
      }
      await restarted;
      expect(restarted).toBeDefined();
      expect(await operation.result).toMatchObject({ state: 'clean' });
    } finally {
      await server.setDelays({ clockSkew: 0 });
    }
  });

  test('survives 502 pages, resets and truncated responses', async () => {
    await pushImage(server, { repository: 'axion/faults', tag: '1.0' });
    await using harbor = open();
    const path = '/faults/artifacts/';
    await harbor.project('axion').repository('faults').getArtifact('1.0');
    await server.failNext(
      { method: 'POST', path, kind: 'reset' },
      { method: 'GET', path, kind: 'status', status: 502, body: '<html>' },
      { method: 'GET', path, kind: 'truncate' },
      { method: 'GET', path, kind: 'reset' },
    );
    const { report } = await scan(harbor, 'faults', '1.0');
    expect(report.state).toBe('clean');
  });
});

describe('a scanner that is down', () => {
  test('before a scan: starts no scan, and reads the report that there is', async () => {
    await pushImage(server, { repository: 'axion/down', tag: '1.0' });
    await using harbor = open();
    await scan(harbor, 'down', '1.0');
    await server.setDown('trivy');
    try {
      const repository = harbor.project('axion').repository('down');
      const images = [{ state: 'clean', note: expect.stringContaining('does not respond to Harbor') }];
      // Harbor 2.9 hides its reports then.
      const known = chosenVersion() === '2.9' ? { state: 'scanner-down' } : { state: 'clean', images };
      expect(await repository.scanReport('1.0')).toMatchObject(known);
      await expect(repository.startScan('1.0')).rejects.toMatchObject({ code: 'SCANNER_DOWN' });
      await expect(scan(harbor, 'down', '1.0')).rejects.toMatchObject({ code: 'SCANNER_DOWN' });
    } finally {
      await server.setDown();
    }
    expect(await harbor.project('axion').repository('down').scanReport('1.0')).toMatchObject({ state: 'clean' });
  });

  test('during a scan: ends the wait with scanner-down', async () => {
    await pushImage(server, { repository: 'axion/gone', tag: '1.0' });
    await server.setDelays({ scanTime: 60_000 });
    await using harbor = open();
    try {
      const operation = harbor.project('axion').repository('gone').scan('1.0', { pace: PACE });
      for await (const { type } of operation) if (type === 'progress') await server.setDown('trivy');
      expect(await operation.result).toMatchObject({ state: 'scanner-down' });
    } finally {
      await server.setDown();
      await server.setDelays({ scanTime: 200 });
    }
  });

  test('rejects the scan of an artifact that is not an image', async () => {
    await pushImage(server, {
      repository: 'axion/chart',
      tag: '0.1.0',
      config: { type: 'application/vnd.cncf.helm.config.v1+json', content: { name: 'chart', version: '0.1.0' } },
    });
    await using harbor = open();
    const start = harbor.project('axion').repository('chart').startScan('0.1.0');
    await expect(start).rejects.toMatchObject({ code: 'SCAN_UNSUPPORTED' });
  });
});

test('reports REGISTRY_FORBIDDEN to a robot without permissions for scans, findings or gc', async () => {
  await pushImage(server, { repository: 'axion/secret', tag: '1.0' });
  await using harbor = open();
  await scan(harbor, 'secret', '1.0');
  await using robot = open(server.robot);
  const repository = robot.project('axion').repository('secret');
  await expect(repository.scanReport('1.0')).rejects.toMatchObject({ code: 'REGISTRY_FORBIDDEN' });
  await expect(repository.startScan('1.0')).rejects.toMatchObject({ code: 'REGISTRY_FORBIDDEN' });
  await expect(robot.gc.start()).rejects.toMatchObject({
    code: 'REGISTRY_FORBIDDEN',
    hint: expect.stringContaining('system robot'),
  });
});

describe('garbage collection', () => {
  test('frees as much as the dry run reported', async () => {
    await using harbor = open();
    const digest = await pushImage(server, { repository: 'axion/waste', tag: '1.0' });
    await harbor.project('axion').repository('waste').deleteArtifact(digest);
    const dry = await harbor.gc.run({ dryRun: true, pace: PACE }).result;
    expect(dry).toMatchObject({ state: 'done', dryRun: true, attached: false });
    expect(dry.freedBytes).toBeGreaterThan(0);
    const operation = harbor.gc.run({ workers: 2, pace: PACE });
    const events = await collect(operation);
    const real = await operation.result;
    expect(real).toMatchObject({ state: 'done', dryRun: false, deleteUntagged: false, freedBytes: dry.freedBytes });
    expect(events[0]).toEqual({ type: 'started', id: real.id, attached: false });
    expect((await harbor.gc.run({ pace: PACE }).result).note).toContain('Nothing was freed.');
    expect(await harbor.gc.log(real.id)).toContain('dry_run false');
    expect((await collect(harbor.gc.history())).map(({ id }) => id)).toEqual([real.id + 1, real.id, dry.id]);
  });

  test('attaches to a running gc and waits for it across a restart', async () => {
    // A restart sets the delays of the test's start again, so the runs end soon after it.
    await server.setDelays({ gcTime: 600_000 });
    await using harbor = open();
    try {
      const first = await harbor.gc.start();
      expect(await harbor.gc.start()).toEqual({ id: first.id, attached: true });
      expect(await harbor.gc.start({ dryRun: true })).toMatchObject({ attached: false });
      const operation = harbor.gc.run({ pace: PACE });
      let restarted: Promise<void> | undefined;
      for await (const { type } of operation) if (type === 'progress') restarted ??= server.restart();
      await restarted;
      expect(await operation.result).toMatchObject({ id: first.id, attached: true, state: 'done' });
    } finally {
      await server.setDelays({ gcTime: 50 });
    }
  });

  test('reports a stopped run as a result', async () => {
    await server.setDelays({ gcTime: 3_600_000 });
    await using harbor = open();
    try {
      const operation = harbor.gc.run({ pace: PACE });
      for await (const event of operation) if (event.type === 'started') await harbor.gc.stop(event.id);
      expect(await operation.result).toMatchObject({ state: 'stopped' });
    } finally {
      await server.setDelays({ gcTime: 50 });
    }
  });
});
