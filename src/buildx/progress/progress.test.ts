import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { BuildEvent } from './events.ts';
import { createLegacyProgressReader } from './legacy-builder.ts';
import { createPlainProgressReader } from './plain.ts';
import { BuildProgress } from './progress.ts';
import { createJsonProgressReader } from './rawjson.ts';

function follow(targets: readonly string[] = []) {
  const events: BuildEvent[] = [];
  const progress = new BuildProgress({
    emit: (event) => events.push(event),
    redact: (text) => text.replaceAll('hunter2', '***'),
    targets,
  });
  return { events, progress };
}

const read = (reader: (line: string) => void, text: string) => text.split('\n').forEach(reader);
const base64 = (text: string) => Buffer.from(text).toString('base64');

const started = { digest: 'sha256:1', name: '[api builder 2/5] RUN make', started: '2026-11-23T08:41:07.100000001Z' };
const documents = [
  { vertexes: [started] },
  { logs: [{ vertex: 'sha256:1', stream: 1, data: base64('one\ntw') }] },
  { logs: [{ vertex: 'sha256:1', stream: 2, data: base64('problem hunter2\n') }] },
  { logs: [{ vertex: 'sha256:1', stream: 1, data: base64('o\n10%\r20%\rdone\nrest') }] },
  { statuses: [{ id: 'sha256:f', vertex: 'sha256:1', current: 5, total: 10, completed: '2026-11-23T08:41:08Z' }] },
  { vertexes: [{ ...started, completed: '2026-11-23T08:41:08.6Z' }] },
  { warnings: [{ vertex: 'sha256:1', level: 1, short: base64('mind this') }] },
];

/** What BuildKit of Docker 26.1 reported of one step while another build of the same stages was cancelled. */
const startedAnew = readFileSync(
  new URL('../../../test/fixtures/progress/started-anew.jsonl', import.meta.url),
  'utf8',
).trimEnd();

describe('rawjson', () => {
  it.each([
    ['one document a line, as buildx 0.29', documents.map((document) => JSON.stringify(document)).join('\n')],
    ['over several lines, as buildx 0.13', documents.map((document) => JSON.stringify(document, null, 2)).join('\n')],
  ])('reads %s', (_form, text) => {
    const { events, progress } = follow(['api', 'worker']);
    read(createJsonProgressReader(progress), `WARNING: something\n${text}\nERROR: failed to solve: x\n{ not json`);
    expect(events).toEqual([
      expect.objectContaining({ type: 'step', state: 'started', target: 'api', stage: 'builder', position: '2/5' }),
      { type: 'log', id: 'sha256:1', stream: 'stdout', line: 'one' },
      { type: 'log', id: 'sha256:1', stream: 'stderr', line: 'problem ***' },
      { type: 'log', id: 'sha256:1', stream: 'stdout', line: 'two' },
      { type: 'log', id: 'sha256:1', stream: 'stdout', line: 'done' },
      { type: 'transfer', id: 'sha256:1', name: 'sha256:f', currentBytes: 5, totalBytes: 10, done: true },
      { type: 'log', id: 'sha256:1', stream: 'stdout', line: 'rest' },
      expect.objectContaining({ type: 'step', state: 'done', durationMs: 1500 }),
      { type: 'warning', message: 'mind this' },
    ]);
    expect(progress.textLines).toEqual(['WARNING: something', 'ERROR: failed to solve: x', '{ not json']);
  });

  it('separates the failed step from the steps that were cancelled because of it', () => {
    const { events, progress } = follow();
    const vertex = (digest: string, error: string) => ({
      vertexes: [{ ...started, digest, error, completed: started.started }],
    });
    read(
      createJsonProgressReader(progress),
      [vertex('a', 'process "x": context canceled: context canceled'), vertex('b', 'exit code: 1')]
        .map((it) => JSON.stringify(it))
        .join('\n'),
    );
    expect(events).toMatchObject([{ state: 'cancelled' }, { state: 'failed', error: 'exit code: 1' }]);
    expect(progress.failed.map(({ id }) => id)).toEqual(['b']);
  });

  it('keeps the last attempt of a step that BuildKit cancelled and started anew', () => {
    const { events, progress } = follow(['web']);
    read(createJsonProgressReader(progress), startedAnew);
    expect(events.map((event) => (event.type === 'step' ? event.state : event.type))).toEqual([
      'cancelled',
      'log',
      'started',
      'log',
      'failed',
    ]);
    expect(progress.failed).toMatchObject([{ error: expect.stringMatching(/exit code: 6$/) }]);
    expect(progress.failed[0]?.tail.lines).toEqual(['of web']);
  });

  it('does not count late output of an attempt to the next one, which a busy client may receive with it', () => {
    const [first, second, ...others] = startedAnew.split('\n').map((line) => JSON.parse(line));
    const { progress } = follow(['web']);
    const together = [{ vertexes: [...first.vertexes, ...second.vertexes], logs: first.logs }, ...others];
    read(createJsonProgressReader(progress), together.map((it) => JSON.stringify(it)).join('\n'));
    expect(progress.failed[0]?.tail.lines).toEqual(['of web']);
  });

  it('keeps a failure when the step is started anew for another image and cancelled', () => {
    const { progress } = follow();
    const at = (second: number) => new Date(second * 1000).toISOString();
    const vertex = { digest: 'a', name: '[1/2] RUN make' };
    const log = { vertex: 'a', stream: 2, data: base64('no rule to make target'), timestamp: at(1.5) };
    const error = 'exit code: 2';
    for (const status of [
      { vertexes: [{ ...vertex, started: at(1), completed: at(2), error }], logs: [log] },
      { vertexes: [{ ...vertex, started: at(3), error }] },
      { vertexes: [{ ...vertex, started: at(3), completed: at(4), error: 'context canceled' }] },
    ])
      createJsonProgressReader(progress)(JSON.stringify(status));
    expect(progress.failed).toMatchObject([{ error }]);
    expect(progress.failed[0]?.tail.lines).toEqual(['no rule to make target']);
  });

  it('reports a step that starts again', () => {
    const { events, progress } = follow();
    const at = (second: number) => new Date(second * 1000).toISOString();
    for (const times of [
      { started: at(1) },
      { started: at(1), completed: at(2) },
      { started: at(3) },
      { started: at(3), completed: at(5) },
    ])
      createJsonProgressReader(progress)(
        JSON.stringify({ vertexes: [{ digest: 'a', name: '[1/2] FROM x', ...times }] }),
      );
    expect(events.map((event) => event.type === 'step' && [event.state, event.durationMs])).toEqual([
      ['started', undefined],
      ['done', 1000],
      ['started', undefined],
      ['done', 2000],
    ]);
  });
});

describe('plain', () => {
  it('reads the output of Docker 20.10', () => {
    const { events, progress } = follow();
    let now = 0;
    read(
      createPlainProgressReader(progress, () => (now += 1000)),
      `#6 [internal] load build context
#6 sha256:297d2c283ec436f335099f7950a64f0e59fd03b3c77a39c9126f11da0920e799
#6 transferring context: 31.5kB done
#6 DONE 0.0s

#5 [2/4] RUN --mount=type=secret,id=s make
#5 sha256:4869e0a57936f0ea4696f0c01a739392fde392784e2cdd194234006530639f6c
#5 CACHED

#8 [4/4] RUN echo a
#8 0.370 #1 is no step
#8 0.370 50%\r100%
#8 0.370 b
#8 ERROR: executor failed running [/bin/sh -c false]: exit code: 1
------
 > [4/4] RUN echo a:
------
executor failed running [/bin/sh -c false]: exit code: 1`,
    );
    expect(events).toMatchObject([
      { type: 'step', state: 'started', internal: true },
      { type: 'transfer', name: 'transferring context:', currentBytes: 31_500, done: true },
      { type: 'step', state: 'done', durationMs: 0 },
      { type: 'step', state: 'started', instruction: 'RUN --mount=type=secret,id=s make' },
      { type: 'step', state: 'cached' },
      { type: 'step', state: 'started' },
      { type: 'log', line: '#1 is no step' },
      { type: 'log', line: '100%' },
      { type: 'log', line: 'b' },
      { type: 'step', state: 'failed', error: 'executor failed running [/bin/sh -c false]: exit code: 1' },
    ]);
    expect(progress.textLines.at(-1)).toBe('executor failed running [/bin/sh -c false]: exit code: 1');
  });
});

describe('legacy', () => {
  it('reads steps, cache hits and output', () => {
    const { events, progress } = follow();
    const reader = createLegacyProgressReader(progress, () => 0);
    read(
      reader.stdout,
      'Sending build context to Docker daemon  1.18MB\nStep 1/2 : FROM base AS a\n ---> 639be7236a66\nStep 2/2 : RUN make\n ---> Using cache\n ---> Running in 20116cd87dcb\nhello\nSuccessfully built 1',
    );
    reader.end();
    expect(events).toMatchObject([
      { state: 'started', instruction: 'FROM base AS a' },
      { state: 'done' },
      { state: 'started', instruction: 'RUN make' },
      { type: 'log', line: 'hello' },
      { state: 'cached' },
    ]);
  });
});
