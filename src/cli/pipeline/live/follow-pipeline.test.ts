import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ObjDockerError } from '../../../errors.ts';
import { STAGES } from '../../../model/enums.ts';
import type { PipelineEvent } from '../../../pipeline/events.ts';
import { observeLosses } from '../../framework/lost-streams.ts';
import { Output } from '../../framework/output.ts';
import { plainOutput, TextSink } from '../../framework/plain-output.fixture.ts';
import { RUN, referenceOf, sampleEvents, sampleRun } from '../pipeline.fixture.ts';
import { followPipeline } from './follow-pipeline.ts';

const EVENTS = sampleEvents().map(({ event }) => event);

async function* playing(events: readonly PipelineEvent[], failure?: unknown): AsyncGenerator<PipelineEvent> {
  yield* events;
  if (failure !== undefined) throw failure;
}

/** The log lines of a run. */
async function logOf(events: readonly PipelineEvent[]): Promise<string[]> {
  const said = await plainOutput(
    events,
    async (stream, context) => void (await followPipeline(stream, context, 'auto')),
  );
  return said.split('\n').slice(0, -1);
}

describe('a run in a log', () => {
  it('has one line for each result, prefixed with its stage, and none for progress', async () => {
    const lines = await logOf(EVENTS);
    expect(lines[0]).toBe(`pipeline: homechoice, 6 images, run ${RUN}`);
    for (const line of lines) expect(line).toMatch(new RegExp(`^(pipeline|warning|${STAGES.join('|')}): \\S`));
    expect(lines.filter((line) => line.startsWith('push: '))).toHaveLength(7);
    expect(lines.filter((line) => line.startsWith('scan: '))).toEqual([
      'scan: waiting for the scans of 6 images',
      ...['api', 'worker', 'report', 'gateway', 'scheduler', 'notifier'].flatMap((service) => [
        `scan: ${service} linux/amd64: M 4 L 18 U 3`,
        `scan: ${service} linux/arm64: M 4 L 18 U 3`,
      ]),
      'scan: done in 1m12s: 6 images on 2 platforms',
    ]);
    expect(lines).toContain(`promote: ${referenceOf('worker')} created for sha256:776f726b6572`);
  });

  it('omits the number of images when none was planned, and prints the result of a check once', async () => {
    const check = {
      id: 'registry',
      title: 'Registry',
      status: 'failed',
      detail: 'nothing listens there',
      durationMs: 1,
    } as const;
    const lines = await logOf([
      { type: 'run-started', run: RUN, package: 'homechoice', images: [], at: '' },
      { type: 'preflight', event: { type: 'check-finished', check } },
      {
        type: 'stage-finished',
        stage: { name: 'preflight', status: 'failed', detail: 'Registry: nothing listens there', durationMs: 300 },
      },
    ]);
    expect(lines).toEqual([
      `pipeline: homechoice, run ${RUN}`,
      'preflight: Registry failed: nothing listens there',
      'preflight: failed after 0.3s',
    ]);
  });

  it('does not call a cancelled stage failed', async () => {
    const check = { id: 'images', title: 'Base images', status: 'failed', detail: 'cancelled', durationMs: 1 } as const;
    const lines = await logOf([
      { type: 'preflight', event: { type: 'check-finished', check } },
      { type: 'stage-finished', stage: { name: 'preflight', status: 'failed', detail: 'cancelled', durationMs: 600 } },
    ]);
    expect(lines).toEqual(['preflight: cancelled after 0.6s']);
  });

  it('prints a warning of several stages once', async () => {
    const message = 'the argument FOO is not declared';
    const lines = await logOf([
      { type: 'build', event: { type: 'warning', message } },
      { type: 'warning', message },
      { type: 'warning', message: 'another' },
    ]);
    expect(lines).toEqual([`warning: ${message}`, 'warning: another']);
  });

  it('prints once that Harbor does not respond, until it does again', async () => {
    const scan = (event: Extract<PipelineEvent, { type: 'scan' }>['event']): PipelineEvent => ({
      type: 'scan',
      reference: referenceOf('api'),
      event,
    });
    const gone = scan({ type: 'trouble', message: 'Harbor is down' });
    const running = scan({ type: 'progress', platform: 'linux/amd64', digest: 'sha256:a', status: 'running' });
    expect(await logOf([gone, gone, running, gone])).toEqual(Array(2).fill('scan: waiting for Harbor: Harbor is down'));
  });

  it('never prints a workflow command from outside', async () => {
    const hostile = '::set-env name=PATH::/tmp\n##[error]no\n##vso[task.complete]';
    const lines = await logOf([
      { type: 'run-started', run: RUN, package: hostile, images: [{ reference: hostile }], at: '' },
      { type: 'waiting', message: hostile },
      { type: 'plan', reference: hostile, action: 'build', reasons: [hostile] },
      { type: 'stage-finished', stage: { name: 'scan', status: 'failed', detail: hostile, durationMs: 1 } },
      { type: 'scan', reference: hostile, event: { type: 'trouble', message: hostile } },
      { type: 'promotion', reference: hostile, digest: hostile, promotion: 'moved' },
      { type: 'recovered', recovery: { release: 41, run: hostile, action: 'finished', references: [hostile] } },
      { type: 'warning', message: hostile },
    ]);
    expect(lines.length).toBeGreaterThanOrEqual(8);
    for (const line of lines) expect(line).not.toMatch(/^\s*::|##\[|##vso\[/);
  });

  it('has only warnings with --progress quiet', async () => {
    const said = await plainOutput(
      EVENTS,
      async (stream, context) => void (await followPipeline(stream, context, 'quiet')),
    );
    expect(said).toBe('warning: disk space: 4.1 GB free at /var/lib/docker\n');
  });

  it('returns the failure and the report of a run', async () => {
    const run = sampleRun({ outcome: 'failed', promoted: false });
    const failure = new ObjDockerError('BUILD_FAILED', 'no');
    const context = { output: quietOutput(), interactive: false };
    const followed = await followPipeline(
      playing([{ type: 'run-finished', run, scans: [] }], failure),
      context,
      'auto',
    );
    expect(followed.failure).toBe(failure);
    expect(followed.report?.run).toBe(run);
  });
});

describe('a run that is silent for minutes', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('prints every minute that it is still running', async () => {
    const stderr = new TextSink();
    const context = { output: outputTo(stderr), interactive: false };
    async function* waiting(): AsyncGenerator<PipelineEvent> {
      yield { type: 'stage-started', stage: 'promote', at: '' };
      await new Promise((resolve) => setTimeout(resolve, 150_000));
    }
    const followed = followPipeline(waiting(), context, 'auto');
    await vi.advanceTimersByTimeAsync(160_000);
    await followed;
    expect(stderr.text).toBe('promote: still running after 1m00s\npromote: still running after 2m00s\n');
  });
});

function outputTo(stderr: TextSink): Output {
  const stdout = new TextSink();
  const losses = observeLosses({ stdout, stderr });
  return new Output({ stdout, stderr, losses, json: false, quiet: false, verbose: false, color: false });
}

function quietOutput(): Output {
  return outputTo(new TextSink());
}
