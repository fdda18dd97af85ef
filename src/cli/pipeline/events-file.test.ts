import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemEnvironment } from '../../lib/environment.ts';
import type { ScanReport } from '../../model/scan-report.ts';
import { observeLosses } from '../framework/lost-streams.ts';
import { Output } from '../framework/output.ts';
import { TextSink } from '../framework/plain-output.fixture.ts';
import { JSON_OUTPUTS } from '../json-output.ts';
import { openEvents, recordEvents } from './events-file.ts';
import { sampleEvents, sampleRun } from './pipeline.fixture.ts';

const EVENTS = sampleEvents().map(({ event }) => event);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'objdocker-events-'));
});
afterAll(() => rm(folder, { recursive: true }));

function context(stdout = new TextSink()): Parameters<typeof openEvents>[1] {
  const stderr = new TextSink();
  const losses = observeLosses({ stdout, stderr });
  const output = new Output({ stdout, stderr, losses, json: false, quiet: false, verbose: false, color: false });
  return { output, environment: { ...systemEnvironment(), cwd: folder }, signal: new AbortController().signal };
}

async function* played() {
  yield* EVENTS;
}

describe('the file of --events', () => {
  it('has one JSON object of the schema per line, written before the event is yielded', async () => {
    const seen = [];
    await using sink = await openEvents('run.jsonl', context());
    for await (const event of recordEvents(played(), sink)) {
      seen.push(event);
      const lines = (await readFile(join(folder, 'run.jsonl'), 'utf8')).trimEnd().split('\n');
      expect(lines).toHaveLength(seen.length);
      expect(JSON_OUTPUTS['pipeline-event'].parse(JSON.parse(lines.at(-1) ?? ''))).toMatchObject({ type: event.type });
    }
    expect(seen).toEqual(EVENTS);
    expect(sink.failure).toBeUndefined();
  });

  it('omits the findings of the scans', async () => {
    const stdout = new TextSink();
    await using sink = await openEvents('-', context(stdout));
    const scans: ScanReport[] = [{ repository: 'axion/api', tags: [], digest: 'sha256:a', state: 'clean', images: [] }];
    const run = sampleRun();
    await sink.write({ type: 'run-finished', run, scans });
    expect(JSON.parse(stdout.text)).toEqual({ type: 'run-finished', run });
  });

  it('reports a failed write without ending the run', async () => {
    await using sink = await openEvents('/dev/full', context());
    let count = 0;
    for await (const _event of recordEvents(played(), sink)) count++;
    expect(count).toBe(EVENTS.length);
    expect(sink.failure).toMatchObject({
      code: 'OUTPUT_FAILED',
      message: 'cannot write the events to /dev/full: ENOSPC',
    });
  });

  it('fails before the run when the file cannot be created', async () => {
    await expect(openEvents('/proc/missing/run.jsonl', context())).rejects.toMatchObject({
      code: 'OUTPUT_FAILED',
      message: 'cannot write the events to /proc/missing/run.jsonl: ENOENT',
    });
  });
});
