import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemEnvironment } from '../../lib/environment.ts';
import type { ScanReport } from '../../model/scan-report.ts';
import { Output } from '../framework/output.ts';
import { JSON_OUTPUTS } from '../json-output.ts';
import { openEvents, recorded } from './events-file.ts';
import { sampleEvents, sampleRun } from './live/pipeline.fixture.ts';

const EVENTS = sampleEvents().map(({ event }) => event);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'objdocker-events-'));
});
afterAll(() => rm(folder, { recursive: true }));

function context(stdout = new PassThrough()): Parameters<typeof openEvents>[1] {
  const stderr = new PassThrough();
  const output = new Output({ stdout, stderr, json: false, quiet: false, verbose: false, color: false });
  return { output, environment: { ...systemEnvironment(), cwd: folder }, signal: new AbortController().signal };
}

async function* played() {
  yield* EVENTS;
}

describe('the events of a run', () => {
  it('are lines of one document each, of their schema, written before they are handed on', async () => {
    const seen = [];
    await using sink = await openEvents('run.jsonl', context());
    for await (const event of recorded(played(), sink)) {
      seen.push(event);
      const lines = (await readFile(join(folder, 'run.jsonl'), 'utf8')).trimEnd().split('\n');
      expect(lines).toHaveLength(seen.length);
      expect(JSON_OUTPUTS['pipeline-event'].parse(JSON.parse(lines.at(-1) ?? ''))).toMatchObject({ type: event.type });
    }
    expect(seen).toEqual(EVENTS);
    expect(sink.failure).toBeUndefined();
  });

  it('leave the findings of the scans out', async () => {
    const stdout = new PassThrough();
    await using sink = await openEvents('-', context(stdout));
    const scans: ScanReport[] = [{ repository: 'axion/api', tags: [], digest: 'sha256:a', state: 'clean', images: [] }];
    const run = sampleRun();
    await sink.write({ type: 'run-finished', run, scans });
    expect(JSON.parse(String(stdout.read()))).toEqual({ type: 'run-finished', run });
  });

  it('that cannot be written end no run, and say so afterwards', async () => {
    await using sink = await openEvents('/dev/full', context());
    let count = 0;
    for await (const _event of recorded(played(), sink)) count++;
    expect(count).toBe(EVENTS.length);
    expect(sink.failure).toMatchObject({
      code: 'OUTPUT_FAILED',
      message: 'the events cannot be written to /dev/full: ENOSPC',
    });
  });

  it('are refused before the run when there is no place for them', async () => {
    await expect(openEvents('missing/run.jsonl', context())).rejects.toMatchObject({
      code: 'OUTPUT_FAILED',
      message: 'the events cannot be written to missing/run.jsonl: ENOENT',
    });
  });
});
