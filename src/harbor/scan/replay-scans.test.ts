import { afterEach, describe, expect, test, vi } from 'vitest';
import { collect, openTestHarbor, recordedHarbor } from '../../../test/harness/harbor-client.ts';
import { type RecordedRoutes, type SeenRequest, serve } from '../../../test/harness/registry-server.ts';
import {
  AXION,
  BY_TAG,
  FINDINGS,
  inTurn,
  OVERVIEW,
  PACE,
  python,
  REPOSITORY,
  replay,
  SCAN,
  SCANNER,
} from './replay.fixture.ts';
import type { ScanOptions } from './scan-artifact.ts';
import type { ScanEvent } from './scan-event.ts';

afterEach(() => {
  vi.useRealTimers();
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
