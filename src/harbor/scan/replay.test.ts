import { afterEach, describe, expect, test, vi } from 'vitest';
import { collect, openTestHarbor, recordedHarbor } from '../../../test/harness/harbor-client.ts';
import {
  type RecordedRoutes,
  type Respond,
  type SeenRequest,
  serve,
  type TestResponse,
} from '../../../test/harness/registry-server.ts';
import type { ScanReport } from '../../model/scan-report.ts';
import type { Harbor } from '../harbor.ts';
import type { ScanOptions } from './scan-artifact.ts';
import type { ScanEvent } from './scan-event.ts';

// Replays recorded responses of a real Harbor 2.9.5 to requests about scans: single ones, and sequences.

afterEach(() => {
  vi.useRealTimers();
});

const PYTHON = 'sha256:c4a4d62c318cc5e722109bf07fb602c307dd0ea40d544beb4ff4641c1ee3abb2';
const INDEX = 'sha256:4676c5cb057b6b7ebbef9be8e782f0fa155b9d87bbb785893368fc00718cd0a1';
const AMD64 = 'sha256:3d99ea1bb92c1eebbef918ac0db4eba6d490542375a0a5559278c7aba37d3759';
const ARM64 = 'sha256:f91f4f959a803c8d9cb4621c85c6884c4e40745e9bcb73a9cb31b2057c78fd48';

const AXION = '/projects/axion';
const REPOSITORY = `${AXION}/repositories/python`;
const BY_TAG = `GET ${REPOSITORY}/artifacts/3.11`;
const ARTIFACT = `${REPOSITORY}/artifacts/${PYTHON}`;
const OVERVIEW = `GET ${ARTIFACT}`;
const FINDINGS = `GET ${ARTIFACT}/additions/vulnerabilities`;
const SCAN = `POST ${ARTIFACT}/scan`;
const SCANNER = `GET ${AXION}/scanner`;

const PACE = { firstMs: 1, longestMs: 5, settleMs: 30 };

/** Runs `run` against recorded responses, which may differ from request to request. */
async function replay<T>(respond: Respond, run: (harbor: Harbor) => Promise<T>): Promise<T> {
  await using server = await serve(respond);
  await using harbor = openTestHarbor(server.origin, { retry: { retries: 1 } });
  return await run(harbor);
}

const python = (harbor: Harbor) => harbor.project('axion').repository('python');

/** One response after another; the last one is repeated. */
function inTurn(...names: readonly string[]): () => string {
  let next = 0;
  return () => names[Math.min(next++, names.length - 1)] ?? '';
}

const report = (routes: RecordedRoutes): Promise<ScanReport> =>
  replay(
    recordedHarbor({ [BY_TAG]: '066-artifact-by-tag', [SCANNER]: '092-project-scanner-trivy', ...routes }),
    (harbor) => python(harbor).scanReport('3.11', { settleMs: 1 }),
  );

describe('a report', () => {
  test('lists the findings, worst first', async () => {
    const { images, ...rest } = await report({
      [OVERVIEW]: '106-overview-state-3-Success',
      [FINDINGS]: '108-vulnerabilities',
    });
    expect(rest).toEqual({ repository: 'axion/python', tags: ['3.11'], digest: PYTHON, state: 'findings' });
    expect(images).toHaveLength(1);
    const [{ findings = [], ...image } = {}] = images;
    expect(image).toEqual({
      platform: 'linux/amd64',
      digest: PYTHON,
      state: 'findings',
      scanner: { name: 'Trivy', vendor: 'Aqua Security', version: 'v0.52.2' },
      reportId: '1498ca2b-420c-454b-80d7-c554b0b720d6',
      finished: '2026-11-23T06:57:20.000Z',
      counts: { critical: 5, high: 11, medium: 12, low: 7, negligible: 2, unknown: 3 },
      fixable: 27,
    });
    expect(findings).toHaveLength(40);
    const order = findings.map(({ severity }) => severity);
    expect(order).toEqual([
      ...Array(5).fill('critical'),
      ...Array(11).fill('high'),
      ...Array(12).fill('medium'),
      ...Array(7).fill('low'),
      ...Array(2).fill('negligible'),
      ...Array(3).fill('unknown'),
    ]);
    const critical = findings.slice(0, 5).map((finding) => finding.package);
    expect(critical).toEqual([...critical].sort());
    expect(findings.find(({ id }) => id === 'CVE-2024-3094')).toEqual({
      id: 'CVE-2024-3094',
      severity: 'critical',
      package: 'liblzma5',
      version: '5.6.0-0.2',
      fixVersion: '5.6.1+really5.4.5-1',
      description: expect.stringContaining('Malicious code was discovered'),
      links: ['https://avd.aquasec.com/nvd/cve-2024-3094'],
      score: 10,
      cwes: ['CWE-506'],
    });
    // No fix, no score, no CWE but an empty one, no vendor attributes.
    expect(findings.find(({ id }) => id === 'CVE-2005-2541')).toEqual(
      expect.objectContaining({ cwes: [], links: [expect.any(String)] }),
    );
    expect(findings.find(({ id }) => id === 'CVE-2005-2541')).not.toHaveProperty('fixVersion');
    expect(findings.find(({ id }) => id === 'CVE-2007-5686')).not.toHaveProperty('score');
  });

  test('is clean for a severity of "None" in the overview and "Unknown" in the report', async () => {
    const clean = await report({ [OVERVIEW]: '131-clean-overview', [FINDINGS]: '132-clean-vulnerabilities' });
    expect(clean).toMatchObject({ state: 'clean', images: [{ state: 'clean', findings: [], fixable: 0 }] });
  });

  test.each([
    ['never scanned', '067-artifact-by-digest', '092-project-scanner-trivy', 'not-scanned', 'never scanned'],
    ['no scanner', '067-artifact-by-digest', '074-project-scanner-none', 'scanner-down', 'axion has no scanner'],
    [
      'scanner down',
      '813-scanner-down-overview',
      '814-scanner-down-project-scanner',
      'scanner-down',
      'Trivy does not respond',
    ],
    ['waiting', '106-overview-state-1-Pending', '092-project-scanner-trivy', 'running', undefined],
    ['running', '106-overview-state-2-Running', '092-project-scanner-trivy', 'running', undefined],
    ['failed', '134-fail-overview', '092-project-scanner-trivy', 'failed', '0d2684e0-b145-4a31-9090-775a3c55afb7'],
    ['stopped', '118-overview-after-stop', '092-project-scanner-trivy', 'failed', 'stopped'],
    [
      'hidden by the next scan',
      '149-rescan-overview-during-after-success',
      '092-project-scanner-trivy',
      'running',
      undefined,
    ],
  ])('%s', async (_name, overview, scanner, state, reason) => {
    const scan = await report({
      [OVERVIEW]: overview,
      [SCANNER]: scanner,
      [FINDINGS]: '149b-rescan-vulnerabilities-during',
    });
    expect(scan).toMatchObject({ state, images: [{ state, findings: [] }] });
    if (reason === undefined) expect(scan.images[0]).not.toHaveProperty('reason');
    else expect(scan.images[0]?.reason).toContain(reason);
  });

  test('names a disabled scanner', async () => {
    const disabled = '{"name":"Extra","disabled":true,"health":"healthy"}';
    const routes = recordedHarbor({ [BY_TAG]: '066-artifact-by-tag', [OVERVIEW]: '754-overview-scanner-disabled' });
    const respond: Respond = (request, origin): TestResponse | Promise<TestResponse> =>
      request.url.endsWith('/scanner')
        ? { status: 200, headers: { 'content-type': 'application/json' }, body: disabled }
        : routes(request, origin);
    const scan = await replay(respond, (harbor) => python(harbor).scanReport('3.11'));
    expect(scan).toMatchObject({
      state: 'scanner-down',
      images: [{ reason: expect.stringContaining('the scanner Extra is disabled') }],
    });
  });

  test('ignores a temporary Error', async () => {
    const overview = inTurn('134-fail-overview', '106-overview-state-2-Running');
    expect(await report({ [OVERVIEW]: overview })).toMatchObject({ state: 'running' });
  });

  test('is failed, not clean, when Harbor responds with {}', async () => {
    const empty = { [OVERVIEW]: '131-clean-overview', [FINDINGS]: '111-vulnerabilities-accept-v1.0-only' };
    expect(await report(empty)).toMatchObject({
      state: 'failed',
      images: [{ reason: expect.stringContaining('no readable report') }],
    });
    const overtaken = { ...empty, [OVERVIEW]: inTurn('131-clean-overview', '144-rescan-overview-during') };
    expect(await report(overtaken)).toMatchObject({ state: 'running' });
    const gone = {
      ...empty,
      [FINDINGS]: '812-scanner-down-vulnerabilities',
      [SCANNER]: '814-scanner-down-project-scanner',
    };
    expect(await report(gone)).toMatchObject({ state: 'scanner-down' });
  });

  test('is failed, not clean, when it lacks findings that its summary counts', async () => {
    const lacking = { [OVERVIEW]: '106-overview-state-3-Success', [FINDINGS]: '132-clean-vulnerabilities' };
    expect(await report(lacking)).toMatchObject({
      state: 'failed',
      images: [{ reason: expect.stringContaining('no readable report') }],
    });
    const catchingUp = inTurn('132-clean-vulnerabilities', '108-vulnerabilities');
    expect(await report({ ...lacking, [FINDINGS]: catchingUp })).toMatchObject({ state: 'findings' });
  });

  test('is requested in the supported media types', async () => {
    const routes = {
      [BY_TAG]: '066-artifact-by-tag',
      [OVERVIEW]: '131-clean-overview',
      [FINDINGS]: '132-clean-vulnerabilities',
    };
    await using server = await serve(recordedHarbor(routes));
    await using harbor = openTestHarbor(server.origin);
    await python(harbor).scanReport('3.11');
    const request = server.seen.find(({ url }) => url.includes('vulnerabilities'));
    expect(request?.headers['x-accept-vulnerabilities']).toBe(
      'application/vnd.security.vulnerability.report; version=1.1, application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0',
    );
  });

  test('throws REGISTRY_FORBIDDEN without the permission to read it', async () => {
    const routes = { [OVERVIEW]: '131-clean-overview', [FINDINGS]: '218-robot-vulnerabilities-forbidden' };
    await expect(report(routes)).rejects.toMatchObject({
      code: 'REGISTRY_FORBIDDEN',
      message: expect.stringContaining('cannot read the findings of axion/python@sha256:'),
    });
  });
});

describe('a streamed report', () => {
  const whole =
    '{"application/vnd.security.vulnerability.report; version=1.1":{"vulnerabilities":[{"id":"CVE-1"},{"id":"CVE-2"}]}}';
  const read = (...bodies: readonly string[]) => {
    const routes = recordedHarbor({ [BY_TAG]: '066-artifact-by-tag', [OVERVIEW]: '106-overview-state-3-Success' });
    let next = 0;
    const respond: Respond = (request, origin) =>
      request.url.endsWith('/vulnerabilities')
        ? { status: 200, headers: { 'content-type': 'application/json' }, body: bodies[next++] ?? '' }
        : routes(request, origin);
    return replay(respond, async (harbor) => (await python(harbor).scanReport('3.11')).images[0]?.findings);
  };

  test('is requested again when it is truncated, without duplicate findings', async () => {
    const findings = await read(whole.slice(0, -20), whole);
    expect(findings?.map(({ id }) => id)).toEqual(['CVE-1', 'CVE-2']);
    expect(findings?.[0]).toEqual({
      id: 'CVE-1',
      severity: 'unknown',
      package: '',
      version: '',
      description: '',
      links: [],
      cwes: [],
    });
    await expect(read(whole.slice(0, -20), whole.slice(0, -2))).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('was truncated'),
    });
  });

  test('is read in the newer of two media types', async () => {
    const both = {
      'application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0': { vulnerabilities: [{ id: 'CVE-OLD' }] },
      other: { vulnerabilities: null },
      ...JSON.parse(whole),
    };
    expect((await read(JSON.stringify(both)))?.map(({ id }) => id)).toEqual(['CVE-1', 'CVE-2']);
  });

  test('throws when it contains something other than findings', async () => {
    await expect(read(whole.replace('"id":"CVE-2"', '"name":"CVE-2"'))).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringMatching(/lacks `.*vulnerabilities\.id`/),
    });
    await expect(read('{"x":[]}')).rejects.toMatchObject({ code: 'REGISTRY_ERROR' });
  });
});

describe('an index', () => {
  const at = `${AXION}/repositories/svc-0001/artifacts`;
  const routes = {
    [`GET ${at}/multi`]: '141-index-overview',
    [`GET ${at}/${AMD64}`]: '131-clean-overview',
    [`GET ${at}/${AMD64}/additions/vulnerabilities`]: '132-clean-vulnerabilities',
    [SCANNER]: '092-project-scanner-trivy',
  };
  const read = (more: RecordedRoutes) =>
    replay(recordedHarbor({ ...routes, ...more }), (harbor) =>
      harbor.project('axion').repository('svc-0001').scanReport('multi', { settleMs: 1 }),
    );

  test('combines its platforms, and ignores its own overview', async () => {
    const unscanned = await read({
      [`GET ${at}/${ARM64}`]: '067-artifact-by-digest',
      [`GET ${at}/${ARM64}/additions/vulnerabilities`]: '101-vulnerabilities-never-scanned',
    });
    expect(unscanned).toMatchObject({ digest: INDEX, tags: ['multi'], state: 'not-scanned' });
    expect(unscanned.images.map(({ platform, digest, state }) => ({ platform, digest, state }))).toEqual([
      { platform: 'linux/amd64', digest: AMD64, state: 'clean' },
      { platform: 'linux/arm64', digest: ARM64, state: 'not-scanned' },
    ]);
    expect(await read({ [`GET ${at}/${ARM64}`]: '134-fail-overview' })).toMatchObject({ state: 'failed' });
    const vulnerable = {
      [`GET ${at}/${ARM64}`]: '106-overview-state-3-Success',
      [`GET ${at}/${ARM64}/additions/vulnerabilities`]: '147-vulnerabilities',
    };
    expect(await read(vulnerable)).toMatchObject({ state: 'findings' });
  });
});

describe('starting a scan', () => {
  const start = (routes: RecordedRoutes, reference = '3.11') =>
    replay(recordedHarbor(routes), (harbor) => python(harbor).startScan(reference));
  const POST = `POST ${REPOSITORY}/artifacts/3.11/scan`;

  test('reports whether a scan was started or was running already', async () => {
    expect(await start({ [POST]: '102-scan' })).toEqual({ started: true });
    expect(await start({ [POST]: '105-scan-while-scanning' })).toEqual({ started: false });
  });

  test.each([
    ['072-scan-no-scanner', 'SCANNER_MISSING', 'no available scanner'],
    ['753-scan-scanner-disabled', 'SCANNER_MISSING', 'Extra is deactivated'],
    ['733-read-only-scan', 'REGISTRY_READ_ONLY', 'read-only mode'],
    ['219-robot-scan-forbidden', 'REGISTRY_FORBIDDEN', 'lacks the permission scan:create'],
    ['115-scan-anonymous', 'REGISTRY_UNAUTHORIZED', 'rejects the credentials'],
    ['821-jobservice-down-scan', 'SCAN_FAILED', 'jobservice may be down'],
  ])('maps %s to %s', async (name, code, words) => {
    await expect(start({ [POST]: name })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(new RegExp(`^cannot start a scan of axion/python:3\\.11: .*${words}`)),
      hint: expect.any(String),
    });
  });

  test('distinguishes a scanner that is down from an artifact that is not an image', async () => {
    const down = {
      [POST]: '811-scanner-down-scan',
      [BY_TAG]: '813-scanner-down-overview',
      [SCANNER]: '814-scanner-down-project-scanner',
    };
    await expect(start(down)).rejects.toMatchObject({
      code: 'SCANNER_DOWN',
      message: expect.stringContaining('the scanner Trivy does not respond to Harbor'),
      details: expect.objectContaining({ recovering: false }),
    });
    const other = {
      [POST]: '151-other-artifact-scan',
      [BY_TAG]: '150-other-artifact',
      [SCANNER]: '092-project-scanner-trivy',
    };
    await expect(start(other)).rejects.toMatchObject({ code: 'SCAN_UNSUPPORTED' });
    // Harbor updates the capabilities of the scanner only every 30 s.
    const back = { ...down, [SCANNER]: '092-project-scanner-trivy' };
    await expect(start(back)).rejects.toMatchObject({
      code: 'SCANNER_DOWN',
      details: expect.objectContaining({ recovering: true }),
    });
  });

  test('throws for a missing tag or repository', async () => {
    const missing = {
      [`POST ${REPOSITORY}/artifacts/nosuch/scan`]: '113-scan-unknown-digest',
      [`GET ${REPOSITORY}`]: '053-repository-get',
    };
    await expect(start(missing, 'nosuch')).rejects.toMatchObject({ code: 'TAG_NOT_FOUND' });
    const nowhere = {
      [POST]: '114-scan-unknown-repo',
      [`GET ${REPOSITORY}`]: '057-repository-get-unknown',
      [`GET ${AXION}/repositories`]: '051-repositories-list',
    };
    await expect(start(nowhere)).rejects.toMatchObject({ code: 'REPOSITORY_NOT_FOUND' });
  });
});

/** Whether a request starts a scan, and is no login. */
const isStart = ({ method, url }: SeenRequest): boolean => method === 'POST' && url.endsWith('/scan');

describe('scanning and waiting', () => {
  const base = { [BY_TAG]: '066-artifact-by-tag', [SCAN]: '102-scan', [SCANNER]: '092-project-scanner-trivy' };

  /** Scans the image. `starts` counts the requests that start a scan. */
  async function run(routes: RecordedRoutes, options: ScanOptions = {}) {
    await using server = await serve(recordedHarbor({ ...base, ...routes }));
    await using harbor = openTestHarbor(server.origin, { retry: { retries: 0 } });
    const operation = python(harbor).scan('3.11', { pace: PACE, timeoutMs: 600_000, ...options });
    const events: ScanEvent[] = await collect(operation);
    const starts = server.seen.filter(isStart).length;
    return { report: await operation.result, events, starts };
  }
  const summarize = (events: readonly ScanEvent[]) =>
    events.map((event) => ('status' in event ? `${event.type} ${event.status}` : event.type));

  test('reports the progress of a first scan', async () => {
    const overview = inTurn(
      '067-artifact-by-digest',
      '067-artifact-by-digest',
      '106-overview-state-1-Pending',
      '106-overview-state-2-Running',
      '106-overview-state-3-Success',
    );
    const { report, events, starts } = await run({ [OVERVIEW]: overview, [FINDINGS]: '108-vulnerabilities' });
    expect(report).toMatchObject({ state: 'findings', images: [{ reportId: '1498ca2b-420c-454b-80d7-c554b0b720d6' }] });
    expect(summarize(events)).toEqual(['requested', 'progress queued', 'progress running', 'finished']);
    expect(starts).toBe(1);
  });

  test('ignores the old report of a rescan, also while Harbor still shows it after the start', async () => {
    const overview = inTurn(
      '106-overview-state-3-Success',
      '106-overview-state-3-Success',
      '144-rescan-overview-during',
      '758-overview-trivy-again',
    );
    const { report, starts } = await run({ [OVERVIEW]: overview, [FINDINGS]: '147-vulnerabilities' });
    expect(report.images[0]?.reportId).toBe('c3c95fe6-8b1c-4c4a-b596-cefda62b6188');
    expect(starts).toBe(1);
  });

  test('attaches to a running scan, and starts none', async () => {
    const overview = inTurn('149-rescan-overview-during-after-success', '758-overview-trivy-again');
    const { report, events, starts } = await run({ [OVERVIEW]: overview, [FINDINGS]: '147-vulnerabilities' });
    expect(report.state).toBe('findings');
    expect(events[0]).toMatchObject({ type: 'requested', attached: true });
    expect(starts).toBe(0);
  });

  test('attaches to the running scan when the start is rejected with 409', async () => {
    const overview = inTurn('106-overview-state-3-Success', '144-rescan-overview-during', '758-overview-trivy-again');
    const routes = { [SCAN]: '105-scan-while-scanning', [OVERVIEW]: overview, [FINDINGS]: '147-vulnerabilities' };
    const { report, events } = await run(routes);
    expect(report.images[0]?.reportId).toBe('c3c95fe6-8b1c-4c4a-b596-cefda62b6188');
    expect(events[0]).toMatchObject({ type: 'requested', attached: true });
  });

  test('ignores an Error before the task exists, and reports one that lasts', async () => {
    const passing = inTurn(
      '067-artifact-by-digest',
      '134-fail-overview',
      '106-overview-state-2-Running',
      '106-overview-state-3-Success',
    );
    const { report } = await run({ [OVERVIEW]: passing, [FINDINGS]: '108-vulnerabilities' });
    expect(report.state).toBe('findings');
    const failing = inTurn('067-artifact-by-digest', '106-overview-state-2-Running', '134-fail-overview');
    const failed = await run({ [OVERVIEW]: failing });
    expect(failed.report).toMatchObject({ state: 'failed', images: [{ reason: expect.stringContaining('log') }] });
    expect(failed.events.at(-1)).toMatchObject({ type: 'finished', state: 'failed' });
  });

  test('waits for a scanner that is down for a moment, and reports one that stays down', async () => {
    const overview = inTurn(
      '067-artifact-by-digest',
      '106-overview-state-2-Running',
      '813-scanner-down-overview',
      '106-overview-state-3-Success',
    );
    const back = await run({
      [OVERVIEW]: overview,
      [SCANNER]: '814-scanner-down-project-scanner',
      [FINDINGS]: '108-vulnerabilities',
    });
    expect(back.report.state).toBe('findings');
    const away = inTurn('067-artifact-by-digest', '106-overview-state-2-Running', '813-scanner-down-overview');
    const gone = await run({ [OVERVIEW]: away, [SCANNER]: '814-scanner-down-project-scanner' });
    expect(gone.report).toMatchObject({
      state: 'scanner-down',
      images: [{ reason: expect.stringContaining('Trivy') }],
    });
  });

  test('ignores the old report when it appears again after a restart of the scanner', async () => {
    const { report, events } = await run({
      [OVERVIEW]: inTurn(
        '813-scanner-down-overview',
        '813-scanner-down-overview',
        '106-overview-state-3-Success',
        '144-rescan-overview-during',
        '758-overview-trivy-again',
      ),
      [SCAN]: inTurn('811-scanner-down-scan', '102-scan'),
      [FINDINGS]: '147-vulnerabilities',
    });
    expect(events[0]).toMatchObject({ type: 'trouble' });
    expect(report.images[0]?.reportId).toBe('c3c95fe6-8b1c-4c4a-b596-cefda62b6188');
  });

  test('waits for a jobservice that is starting', async () => {
    const routes = {
      [SCAN]: inTurn('821-jobservice-down-scan', '824-jobservice-back-scan-again'),
      [OVERVIEW]: inTurn(
        '758-overview-trivy-again',
        '758-overview-trivy-again',
        '106-overview-state-2-Running',
        '106-overview-state-3-Success',
      ),
      [FINDINGS]: '108-vulnerabilities',
    };
    const { report, events, starts } = await run(routes);
    expect(report.images[0]?.reportId).toBe('1498ca2b-420c-454b-80d7-c554b0b720d6');
    expect(summarize(events).slice(0, 2)).toEqual(['trouble', 'requested']);
    expect(starts).toBe(2);
  });

  test('does not start a second scan when the response to the start was lost and the scan runs', async () => {
    const overview = inTurn('106-overview-state-3-Success', '144-rescan-overview-during', '758-overview-trivy-again');
    const routes = recordedHarbor({ ...base, [OVERVIEW]: overview, [FINDINGS]: '147-vulnerabilities' });
    let starts = 0;
    await using server = await serve((request, origin) => {
      if (!isStart(request)) return routes(request, origin);
      starts++;
      return { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>502 Bad Gateway</html>' };
    });
    await using harbor = openTestHarbor(server.origin, { retry: { retries: 0 } });
    const operation = python(harbor).scan('3.11', { pace: PACE });
    const events = await collect(operation);
    expect((await operation.result).images[0]?.reportId).toBe('c3c95fe6-8b1c-4c4a-b596-cefda62b6188');
    expect(events.slice(0, 2)).toMatchObject([{ type: 'trouble' }, { type: 'requested', attached: false }]);
    expect(starts).toBe(1);
  });

  test('throws when Harbor refuses the scan', async () => {
    const missing = run({ [OVERVIEW]: '067-artifact-by-digest', [SCAN]: '072-scan-no-scanner' });
    await expect(missing).rejects.toMatchObject({ code: 'SCANNER_MISSING' });
    const down = run({
      [OVERVIEW]: '813-scanner-down-overview',
      [SCAN]: '811-scanner-down-scan',
      [SCANNER]: '814-scanner-down-project-scanner',
    });
    await expect(down).rejects.toMatchObject({ code: 'SCANNER_DOWN' });
  });

  test('throws TIMEOUT with the unfinished platforms when there is no result in time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const overview = () => {
      vi.advanceTimersByTime(1_000);
      return '106-overview-state-2-Running';
    };
    await expect(run({ [OVERVIEW]: overview }, { timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('no result for linux/amd64'),
      hint: expect.stringContaining('objdocker harbor-trigger-scan python --wait'),
      details: { repository: 'axion/python', reference: '3.11', platforms: ['linux/amd64'] },
    });
  });

  test('throws CANCELLED when its signal is aborted while it waits', async () => {
    const controller = new AbortController();
    const overview = () => {
      controller.abort();
      return '106-overview-state-2-Running';
    };
    const waiting = run({ [OVERVIEW]: overview }, { signal: controller.signal });
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
