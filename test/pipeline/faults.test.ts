import { describe, expect, it } from 'vitest';
import { isObjDockerError } from '../../src/errors.ts';
import type { PipelineRun } from '../../src/model/pipeline-run.ts';
import type { PlannedFailure } from '../harness/harbor-server.ts';
import { createFixture, type OwnFixture } from './fixture.ts';
import type { Tags } from './registry-view.ts';

const TWO = ['api', 'worker'];

interface Fault extends Omit<PlannedFailure, 'path' | 'method'> {
  readonly name: string;
  /** What it comes to where a tag is moved or noted, when that is certain: it passes, or ends in an error that says so. */
  readonly atMoves?: 'passed' | RegExp;
}

/** What goes wrong with one call, or with all of its kind. */
const FAULTS: readonly Fault[] = [
  { name: 'a reset', kind: 'reset' },
  { name: 'a 503', status: 503 },
  { name: 'a lost answer', kind: 'lose' },
  { name: 'a 429 with Retry-After', status: 429, headers: { 'Retry-After': '1' }, atMoves: 'passed' },
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

/** Nobody waits that long. Only where tags are moved: a read is asked again before that. */
const FOR_AN_HOUR: Fault = {
  name: 'a 429 for an hour',
  status: 429,
  headers: { 'Retry-After': '3600' },
  atMoves: /HTTP 429, Retry-After: 3600/,
};

/** Takes as long as a request may: only where tags are moved. */
const NO_ANSWER: Fault = { name: 'no answer', kind: 'stall' };

interface Call {
  readonly method: string;
  /** A regular expression that matches all calls of its kind. */
  readonly path: string;
}

/** The distinct calls of a run, less what the engine itself asks to push layers, which has tests of its own. */
async function distinctCalls({ harbor }: OwnFixture): Promise<Call[]> {
  const { recent } = await harbor.traffic();
  const calls = recent
    .filter(({ path }) => !/\/blobs\//.test(path))
    .map(({ method, path }) => ({ method, path: patternOf(path) }));
  return [...new Map(calls.map((call) => [`${call.method} ${call.path}`, call])).values()];
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

/** The right answer or a clear error, and the tags of all or of none. */
async function expectSound(fixture: OwnFixture, before: Tags, { run, error }: Outcome, what: string): Promise<void> {
  const after = await fixture.registry.publicTags();
  const moved = TWO.filter((service) => after[`${service}-shop:1.0`] !== before[`${service}-shop:1.0`]);
  expect([0, TWO.length], `${what}: half moved; ${String(error ?? run?.outcome)}`).toContain(moved.length);
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

describe.concurrent('every call that a run makes, when it fails', () => {
  const WORKERS = 4;

  it.each(Array.from({ length: WORKERS }, (_, worker) => [worker]))(
    'ends in the right answer or a clear error: part %i',
    async (worker) => {
      await using fixture = await createFixture({ services: TWO });
      const first = await attempt(fixture);
      expect(first.run?.outcome, String(first.error)).toBe('passed');
      await fixture.workspace.change();
      await fixture.harbor.forgetTraffic();
      const second = await attempt(fixture);
      expect(second.run?.outcome, String(second.error)).toBe('passed');
      const calls = await distinctCalls(fixture);
      expect(calls.length).toBeGreaterThan(10);
      // What moves a tag, or notes it, meets every fault, all else some of them.
      const moves = ({ method, path }: Call) => /\/tags\(|\/1\\\.0\(/.test(path) && ['POST', 'PUT'].includes(method);
      const cases = calls.flatMap((call, index) =>
        [
          ...FAULTS.filter((_, fault) => moves(call) || (fault + index) % 4 === 0),
          ...(moves(call) ? [FOR_AN_HOUR] : []),
          ...(moves(call) && call.method === 'PUT' ? [NO_ANSWER] : []),
        ].map((fault) => ({ call, fault })),
      );
      expect(cases.filter(({ call }) => moves(call)).length).toBeGreaterThan(2 * FAULTS.length);
      const failures: string[] = [];
      for (const { call, fault } of cases.filter((_, index) => index % WORKERS === worker)) {
        await fixture.workspace.change();
        const before = await fixture.registry.publicTags();
        const { name, atMoves, ...planned } = fault;
        await fixture.harbor.failNext({ ...planned, ...call });
        const what = `${name} at ${call.method} ${call.path}`;
        const start = performance.now();
        const outcome = await attempt(fixture);
        await fixture.harbor.failNext();
        const seconds = ((performance.now() - start) / 1000).toFixed(1);
        const ended = outcome.run?.outcome ?? (isObjDockerError(outcome.error) ? outcome.error.code : 'an exception');
        console.log(`${what}: ${ended} after ${seconds} s`);
        try {
          await expectSound(fixture, before, outcome, what);
          if (atMoves !== undefined && moves(call)) {
            const told = outcome.run?.outcome ?? String(outcome.error);
            expect(told, what).toMatch(atMoves);
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
    400_000,
  );
});
