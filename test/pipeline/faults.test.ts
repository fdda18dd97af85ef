import { describe, expect, it } from 'vitest';
import { isObjDockerError } from '../../src/errors.ts';
import type { PipelineRun } from '../../src/model/pipeline-run.ts';
import type { PlannedFailure } from '../harness/harbor-server.ts';
import { isLongTest } from '../random.ts';
import { createFixture, type OwnFixture } from './fixture.ts';
import type { Tags } from './registry-view.ts';

const TWO = ['api', 'worker'];

interface Fault extends Omit<PlannedFailure, 'path' | 'method'> {
  readonly name: string;
  /** The certain result at a request that changes a tag: the outcome, or the text of the error. */
  readonly atTagChange?: 'passed' | RegExp;
}

/** Faults of one request, or of all of its kind. */
const FAULTS: readonly Fault[] = [
  { name: 'a reset', kind: 'reset' },
  { name: 'a 503', status: 503 },
  { name: 'a lost response', kind: 'lose' },
  { name: 'a 429 with Retry-After', status: 429, headers: { 'Retry-After': '1' }, atTagChange: 'passed' },
  { name: 'a truncated body', kind: 'truncate' },
  { name: 'a 500', status: 500 },
  {
    name: 'a 502 of the proxy',
    status: 502,
    headers: { 'Content-Type': 'text/html' },
    body: '<html>Bad Gateway</html>',
  },
  { name: 'a 500 each time', status: 500, count: 1_000 },
  { name: 'a 403', status: 403, body: '{"errors":[{"code":"FORBIDDEN","message":"forbidden"}]}' },
];

/** Longer than any deadline. Only where a tag changes: a read is retried sooner. */
const HOUR_LIMIT: Fault = {
  name: 'a 429 for an hour',
  status: 429,
  headers: { 'Retry-After': '3600' },
  atTagChange: /HTTP 429, Retry-After: 3600/,
};

/** Takes as long as the deadline of a request. Only where a tag moves. */
const NO_RESPONSE: Fault = { name: 'no response', kind: 'stall' };

interface RequestKind {
  readonly method: string;
  /** A regular expression that matches all requests of this kind. */
  readonly path: string;
}

/** The kinds of requests of a run, without those of the engine's push, which has tests of its own. */
async function requestKinds({ harbor }: OwnFixture): Promise<RequestKind[]> {
  const { recent } = await harbor.traffic();
  const kinds = recent
    .filter(({ path }) => !/\/blobs\//.test(path))
    .map(({ method, path }) => ({ method, path: patternOf(path) }));
  return [...new Map(kinds.map((kind) => [`${kind.method} ${kind.path}`, kind])).values()];
}

function patternOf(url: string): string {
  const [path = ''] = url.split('?');
  const escaped = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = escaped
    .replace(/sha256:[0-9a-f]{64}/g, 'sha256:[0-9a-f]+')
    .replace(/objdocker-\d{8}T\d{6}Z-[0-9a-f]{12}/g, 'objdocker-[0-9TZ]+-[0-9a-f]+')
    .replace(/(api|worker)-shop/g, '(api|worker)-shop');
  return `^${pattern}(\\?.*)?$`;
}

interface Outcome {
  readonly run?: PipelineRun;
  readonly error?: unknown;
}

async function attempt({ workspace }: OwnFixture): Promise<Outcome> {
  try {
    return { run: (await workspace.library({ timeoutMs: 20_000 })).report.run };
  } catch (error) {
    return { error };
  }
}

const RESULTS = ['passed', 'scan-failed', 'scanner-down', 'timed-out', 'conflict', 'rejected'];

/** Expects a correct outcome or a clear error, and that all tags have moved or none. */
async function expectConsistent(
  fixture: OwnFixture,
  before: Tags,
  { run, error }: Outcome,
  what: string,
): Promise<void> {
  const after = await fixture.registry.publicTags();
  const moved = TWO.filter((service) => after[`${service}-shop:1.0`] !== before[`${service}-shop:1.0`]);
  expect([0, TWO.length], `${what}: some moved; ${String(error ?? run?.outcome)}`).toContain(moved.length);
  if (run === undefined) {
    if (!isObjDockerError(error)) throw error;
    expect(error.code, `${what}: ${error.stack}`).not.toBe('INTERNAL');
    expect(error.message.length, what).toBeGreaterThan(10);
    expect(moved, `${what}: ${error.message}`).toEqual([]);
    return;
  }
  expect(RESULTS, what).toContain(run.outcome);
  expect(run.promoted, `${what}: ${run.outcome}`).toBe(moved.length > 0);
  if (run.outcome === 'passed') {
    expect(await fixture.registry.contents(), what).toMatchObject(await fixture.workspace.contents());
  }
}

describe.concurrent('a fault of any request of a run', () => {
  const WORKERS = 4;

  it.each(Array.from({ length: WORKERS }, (_, worker) => [worker]))(
    'leads to a correct outcome or a clear error: part %i',
    async (worker) => {
      await using fixture = await createFixture({ services: TWO });
      const first = await attempt(fixture);
      expect(first.run?.outcome, String(first.error)).toBe('passed');
      await fixture.workspace.change();
      await fixture.harbor.resetTraffic();
      const second = await attempt(fixture);
      expect(second.run?.outcome, String(second.error)).toBe('passed');
      const kinds = await requestKinds(fixture);
      expect(kinds.length).toBeGreaterThan(10);
      // Requests that change a tag meet every fault in a long test, else every second. The others meet one each, or several.
      const [step, ofTags] = isLongTest ? [4, 1] : [FAULTS.length, 2];
      const changesTag = ({ method, path }: RequestKind) =>
        /\/tags\(|\/1\\\.0\(/.test(path) && ['POST', 'PUT'].includes(method);
      const cases = kinds.flatMap((kind, index) =>
        [
          ...FAULTS.filter((_, fault) => (fault + index) % (changesTag(kind) ? ofTags : step) === 0),
          ...(changesTag(kind) ? [HOUR_LIMIT] : []),
          ...(changesTag(kind) && kind.method === 'PUT' ? [NO_RESPONSE] : []),
        ].map((fault) => ({ kind, fault })),
      );
      expect(cases.filter(({ kind }) => changesTag(kind)).length).toBeGreaterThan(FAULTS.length);
      expect(new Set(cases.map(({ kind }) => kind)), 'every kind of request has a fault').toEqual(new Set(kinds));
      expect(new Set(cases.map(({ fault }) => fault))).toEqual(new Set([...FAULTS, HOUR_LIMIT, NO_RESPONSE]));
      const failures: string[] = [];
      for (const { kind, fault } of cases.filter((_, index) => index % WORKERS === worker)) {
        await fixture.workspace.change();
        const before = await fixture.registry.publicTags();
        const { name, atTagChange, ...planned } = fault;
        await fixture.harbor.failNext({ ...planned, ...kind });
        const what = `${name} at ${kind.method} ${kind.path}`;
        const start = performance.now();
        const outcome = await attempt(fixture);
        await fixture.harbor.failNext();
        const seconds = ((performance.now() - start) / 1000).toFixed(1);
        const ended = outcome.run?.outcome ?? (isObjDockerError(outcome.error) ? outcome.error.code : 'an exception');
        console.log(`${what}: ${ended} after ${seconds} s`);
        try {
          await expectConsistent(fixture, before, outcome, what);
          if (atTagChange !== undefined && changesTag(kind)) {
            const result = outcome.run?.outcome ?? String(outcome.error);
            expect(result, what).toMatch(atTagChange);
          }
        } catch (error) {
          failures.push(String(error));
        }
      }
      expect(failures).toEqual([]);
      await fixture.workspace.change();
      const last = await attempt(fixture);
      expect(last.run?.outcome, String(last.error)).toBe('passed');
      expect(await fixture.registry.contents()).toMatchObject(await fixture.workspace.contents());
    },
  );
});
