import { afterEach, describe, expect, test, vi } from 'vitest';
import { collect, openTestHarbor, recordedHarbor } from '../../../test/harness/harbor-client.ts';
import { type RecordedRoutes, type Respond, serve } from '../../../test/harness/registry-server.ts';
import type { Harbor } from '../harbor.ts';
import type { GcEvent, RunGcOptions } from './run.ts';

// Replays responses of a real Harbor 2.9.5 about gc.

const HISTORY = 'GET /system/gc';
const START = 'POST /system/gc/schedule';
afterEach(() => {
  vi.useRealTimers();
});

const EMPTY = { [HISTORY]: '501-gc-history-empty' };

async function replay<T>(respond: Respond, run: (harbor: Harbor) => Promise<T>): Promise<T> {
  await using server = await serve(respond);
  await using harbor = openTestHarbor(server.origin, { retry: { retries: 0 } });
  return await run(harbor);
}

function inTurn(...names: readonly string[]): () => string {
  let next = 0;
  return () => names[Math.min(next++, names.length - 1)] ?? '';
}

/** Runs gc; also returns the bodies of the start requests. */
async function run(routes: RecordedRoutes, options: RunGcOptions = {}) {
  await using server = await serve(recordedHarbor({ ...EMPTY, ...routes }));
  await using harbor = openTestHarbor(server.origin, { retry: { retries: 0 } });
  const operation = harbor.gc.run({ pace: { firstMs: 1, longestMs: 5 }, timeoutMs: 600_000, ...options });
  const events: GcEvent[] = await collect(operation);
  const bodies = server.seen.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body));
  return { result: await operation.result, events, bodies };
}

test("reads one gc run without the addresses of Harbor's own stores", async () => {
  const gcRun = await replay(recordedHarbor({ 'GET /system/gc/25': '704-gc-done' }), (harbor) => harbor.gc.get(25));
  expect(gcRun).toEqual({
    id: 25,
    state: 'done',
    kind: 'manual',
    dryRun: false,
    deleteUntagged: false,
    workers: 1,
    freedBytes: 5_245_660,
    purgedBlobs: 1,
    purgedManifests: 1,
    windowHours: 0,
    started: '2026-11-23T07:08:19.803Z',
    ended: '2026-11-23T07:08:29.000Z',
  });
});

test('lists the history newest first, with notes that explain the figures', async () => {
  const list = await replay(recordedHarbor({ [HISTORY]: '512-gc-history' }), (harbor) => collect(harbor.gc.history()));
  expect(list.map(({ id }) => id)).toEqual([18, 17, 16, 15]);
  expect(list[0]).toMatchObject({
    state: 'done',
    freedBytes: 0,
    note: expect.stringContaining('younger than 2 hours'),
  });
  expect(list[3]).toMatchObject({
    dryRun: true,
    freedBytes: 1_834_999,
    note: expect.stringContaining('Nothing was deleted'),
  });
  expect(JSON.stringify(list)).not.toMatch(/redis/);
  expect(await replay(recordedHarbor(EMPTY), (harbor) => collect(harbor.gc.history()))).toEqual([]);
});

test('ends the history of a server that always sends the same page', async () => {
  const rows = Array.from({ length: 100 }, (_, index) => ({
    id: index + 1,
    job_status: 'Success',
    creation_time: '2026-11-23T07:05:34.501Z',
  }));
  const page = { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(rows) };
  await using server = await serve(() => page);
  await using harbor = openTestHarbor(server.origin);
  expect(await collect(harbor.gc.history())).toHaveLength(100);
});

describe('a run', () => {
  test('sends all parameters explicitly, and waits while the status lags behind', async () => {
    const { result, events, bodies } = await run({
      [START]: '703-gc',
      'GET /system/gc/25': inTurn('703b-gc-freed-space-appears', '703b-gc-freed-space-appears', '704-gc-done'),
    });
    expect(bodies).toEqual([
      { schedule: { type: 'Manual' }, parameters: { delete_untagged: false, dry_run: false, workers: 1 } },
    ]);
    expect(events).toEqual([
      { type: 'started', id: 25, attached: false },
      { type: 'collected', id: 25, freedBytes: 5_245_660 },
    ]);
    expect(result).toMatchObject({ id: 25, state: 'done', freedBytes: 5_245_660, attached: false });
  });

  test('deletes nothing with dryRun, and reports what it would delete', async () => {
    const { result, bodies } = await run(
      { [START]: '510-dry-gc-start', 'GET /system/gc/15': inTurn('510-dry-gc-right-after', '510-dry-gc-done') },
      { dryRun: true, deleteUntagged: true, workers: 5 },
    );
    expect(bodies[0].parameters).toEqual({ delete_untagged: true, dry_run: true, workers: 5 });
    expect(result).toMatchObject({ dryRun: true, deleteUntagged: true, purgedBlobs: 76, purgedManifests: 16 });
  });

  test('returns a result when the run is stopped', async () => {
    const { result } = await run({ [START]: '703-gc', 'GET /system/gc/25': '519-gc-after-stop' });
    expect(result).toMatchObject({ state: 'stopped' });
    expect(result).not.toHaveProperty('note');
  });

  test('keeps waiting while Harbor is unavailable', async () => {
    const gone = { 'GET /system/gc/25': inTurn('823-jobservice-down-gc', '704-gc-done') };
    const { result, events } = await run({ [START]: '703-gc', ...gone });
    expect(events.map(({ type }) => type)).toEqual(['started', 'trouble']);
    expect(result.state).toBe('done');
  });

  test('throws TIMEOUT with the id of the run when the run does not finish in time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const status = () => {
      vi.advanceTimersByTime(1_000);
      return '510-dry-gc-right-after';
    };
    const routes = { [START]: '510-dry-gc-start', 'GET /system/gc/15': status };
    await expect(run(routes, { dryRun: true, timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      hint: expect.stringContaining('--history'),
      details: { id: 15 },
    });
  });
});

describe('a run that is already in progress', () => {
  /** A history with one active run: 15, a dry run that includes untagged artifacts. */
  const running = (name: string): Respond => {
    const respond = recordedHarbor({ 'GET /system/gc/15': name, [START]: '510-dry-gc-start' });
    return async (request, origin) => {
      if (request.method !== 'GET' || !request.url.startsWith('/api/v2.0/system/gc?')) return respond(request, origin);
      const one = await respond({ ...request, url: '/api/v2.0/system/gc/15' }, origin);
      return { ...one, body: `[${one.body}]` };
    };
  };

  test('is attached to when it has the same options', async () => {
    const options = { dryRun: true, deleteUntagged: true };
    expect(await replay(running('510-dry-gc-right-after'), (harbor) => harbor.gc.start(options))).toEqual({
      id: 15,
      attached: true,
    });
  });

  test('is not attached to when its options differ: Harbor queues the new run', async () => {
    const real = await replay(running('510-dry-gc-right-after'), (harbor) => harbor.gc.start({ deleteUntagged: true }));
    expect(real).toMatchObject({ attached: false });
  });

  test('is not attached to when it has freed its blobs already: it would miss later deletions', async () => {
    const start = await replay(running('703b-gc-freed-space-appears'), (harbor) => harbor.gc.start());
    expect(start).toMatchObject({ attached: false });
  });
});

test('finds the started run when the response was lost, and does not start a second one', async () => {
  const history = inTurn('501-gc-history-empty', '512-gc-history');
  const lost = (still: string) => {
    const recorded = recordedHarbor({ [HISTORY]: history });
    return replay(
      async (request, origin) => {
        if (request.method === 'POST') return { status: 502, body: '<html>' };
        const response = await recorded(request, origin);
        return { ...response, body: (response.body ?? '').replaceAll('"Success"', `"${still}"`) };
      },
      (harbor) => harbor.gc.start({ deleteUntagged: true }),
    );
  };
  expect(await lost('Running')).toEqual({ id: 18, attached: false });
});

test('throws when the start failed and no run began', async () => {
  const start = (name: string) => replay(recordedHarbor({ ...EMPTY, [START]: name }), (harbor) => harbor.gc.start());
  await expect(start('823-jobservice-down-gc')).rejects.toMatchObject({
    code: 'REGISTRY_ERROR',
    message: expect.stringContaining('jobservice may be down'),
  });
  await expect(start('509e-gc-anonymous')).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' });
});

test.each([0, 6, 1.5])('rejects %s workers before it sends a request', async (workers) => {
  const start = replay(recordedHarbor({}), (harbor) => harbor.gc.start({ workers }));
  await expect(start).rejects.toMatchObject({ code: 'USAGE' });
});

test.each([
  ['222-robot-gc-forbidden', 'robot$axion+ci'],
  ['245-nonmember-gc', 'dev'],
])('names the missing permission: %s', async (name, who) => {
  const routes = { ...EMPTY, [START]: name };
  await expect(replay(recordedHarbor(routes), (harbor) => harbor.gc.start())).rejects.toMatchObject({
    code: 'REGISTRY_FORBIDDEN',
    message: `cannot start gc: ${who} lacks the permission garbage-collection:create`,
    hint: expect.stringContaining('a system robot with the permission garbage-collection:create'),
  });
  const list = replay(recordedHarbor({ [HISTORY]: '223-robot-gc-list-forbidden' }), (harbor) =>
    collect(harbor.gc.history()),
  );
  await expect(list).rejects.toMatchObject({ code: 'REGISTRY_FORBIDDEN' });
});

test('throws GC_NOT_FOUND for an unknown id', async () => {
  const routes = {
    'GET /system/gc/9999': '502-gc-get-unknown',
    'GET /system/gc/9999/log': '503-gc-log-unknown',
    'PUT /system/gc/9999': '515-gc-stop-unknown',
  };
  for (const call of ['get', 'log', 'stop'] as const) {
    const made = replay(recordedHarbor(routes), async (harbor) => void (await harbor.gc[call](9999)));
    await expect(made).rejects.toMatchObject({ code: 'GC_NOT_FOUND' });
  }
});

test('stops a running run, and leaves a finished one alone', async () => {
  const routes = { 'PUT /system/gc/19': '518-gc-stop-running', 'PUT /system/gc/17': '514-gc-stop-finished' };
  await using server = await serve(recordedHarbor(routes));
  await using harbor = openTestHarbor(server.origin);
  await harbor.gc.stop(19);
  await harbor.gc.stop(17);
  expect(server.seen.filter(({ method }) => method === 'PUT').map(({ body }) => body)).toEqual([
    '{"status":"Stopped"}',
    '{"status":"Stopped"}',
  ]);
});

describe('the log', () => {
  test('is text, and undefined before the run begins', async () => {
    const routes = { 'GET /system/gc/15/log': '510-dry-gc-log' };
    await using server = await serve(recordedHarbor(routes));
    await using harbor = openTestHarbor(server.origin);
    expect(await harbor.gc.log(15)).toContain('76 blobs and 16 manifests eligible for deletion');
    expect(server.seen.find(({ url }) => url.endsWith('/log'))?.headers.accept).toBe('text/plain');
    const early = {
      'GET /system/gc/15/log': '510-dry-gc-log-right-after',
      'GET /system/gc/15': '510-dry-gc-right-after',
    };
    expect(await replay(recordedHarbor(early), (harbor) => harbor.gc.log(15))).toBeUndefined();
  });

  test('shows neither the address of a store nor a password', async () => {
    const body =
      'parameters: [redis_url_reg: redis://:s3cret@10.0.0.1:6379/1?x=1, other: https://u:s3cret@host/a]\nend\n';
    const log = await replay(
      () => ({ status: 200, headers: { 'content-type': 'text/plain' }, body }),
      (harbor) => harbor.gc.log(1),
    );
    expect(log).toBe('parameters: [redis_url_reg: redis://***, other: https://***@host/a]\nend\n');
  });

  test('masks several addresses, and passwords with an @ or a comma', async () => {
    const body = '["redis+sentinel://:s3,cret@10.0.0.1:26379,10.0.0.2:26379/main","https://u:s3@cret@host/a"]\n';
    const log = await replay(
      () => ({ status: 200, headers: { 'content-type': 'text/plain' }, body }),
      (harbor) => harbor.gc.log(1),
    );
    expect(log).toBe('["redis+sentinel://***","https://***@host/a"]\n');
  });
});
