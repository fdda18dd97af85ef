import { stripVTControlCharacters } from 'node:util';
import { createColors } from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { PipelineEvent } from '../../../pipeline/events.ts';
import { widthOf } from '../../../terminal/width.ts';
import { buildingOnly, sampleEvents, sampleRun } from '../pipeline.fixture.ts';
import { PipelineState } from './state.ts';
import { pipelineTree } from './tree.ts';

const EVENTS = sampleEvents().map(({ event }) => event);
/** The spinner shows its first frame 2.5 s later. */
const STARTED = 1_200_000 - 2_500;

function stateAfter(events: readonly PipelineEvent[]): PipelineState {
  const state = new PipelineState();
  for (const event of events) state.see(event, STARTED);
  return state;
}

/** The sample up to and including the first matching event. */
function until(matches: (event: PipelineEvent) => boolean): PipelineEvent[] {
  return EVENTS.slice(0, EVENTS.findIndex(matches) + 1);
}

interface Look {
  readonly columns?: number;
  readonly rows?: number;
  readonly color?: boolean;
}

function tree(events: readonly PipelineEvent[], { columns = 100, rows = 40, color = false }: Look = {}): string[] {
  const colors = createColors(color);
  return pipelineTree(stateAfter(events), { columns, rows, colors, now: STARTED + 2_500, started: STARTED });
}

const isScanResult = (event: PipelineEvent) => event.type === 'scan' && event.event.type === 'finished';
const isPushed = (event: PipelineEvent) => event.type === 'push' && event.event.type === 'push-finished';

describe('the tree of a run', () => {
  it('fits every terminal after every event, and always shows the running stage', () => {
    for (const [columns, rows] of [
      [40, 3],
      [40, 8],
      [60, 12],
      [80, 23],
      [160, 50],
    ] as const) {
      for (const end of EVENTS.keys()) {
        const events = EVENTS.slice(0, end + 1);
        const lines = tree(events, { columns, rows, color: true }).map((line) => stripVTControlCharacters(line));
        const what = `${columns}x${rows} after ${end}:\n${lines.join('\n')}`;
        expect(lines.length, what).toBeLessThanOrEqual(rows);
        expect(Math.max(...lines.map(widthOf)), what).toBeLessThanOrEqual(columns);
        const running = stateAfter(events).running?.name;
        if (running !== undefined) expect(lines.join('\n'), what).toMatch(new RegExp(`^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] ${running}`, 'm'));
      }
    }
  });

  it('shows the result of finished stages, and the details of the running one', () => {
    expect(tree(until(isScanResult)).slice(0, 11)).toEqual([
      '  pipeline     2.5s  homechoice 1.4.0, 6 images',
      '✓ preflight    1.2s  9 checks',
      '✓ recover      0.1s  no unfinished run',
      '✓ plan         0.2s  6 to build',
      '✓ build       41.2s  6 images, 24 of 31 steps from the cache',
      '✓ push         6.1s  6 images, 48.2 MB',
      '⠋ scan         2.5s  0 of 6 images',
      '    api        linux/amd64  M 4 L 18 U 3',
      '               linux/arm64  queued',
      '    worker     linux/amd64  queued',
      '               linux/arm64  queued',
    ]);
    expect(tree(until(isScanResult)).slice(-3)).toEqual(['· gate', '· promote', '· registries']);
  });

  it('counts an image as scanned when all its platforms are', () => {
    const results = EVENTS.filter(isScanResult);
    expect(tree(until((event) => event === results[1])).join('\n')).toContain('1 of 6 images');
    expect(tree(until((event) => event === results[2])).join('\n')).toContain('1 of 6 images');
  });

  it('shows the bytes of each image and of all, with a bar when there is space', () => {
    const events = [...until(isPushed), ...EVENTS.slice(until(isPushed).length).slice(0, 2)];
    const lines = tree(events);
    expect(lines[5]).toMatch(/^⠋ push {9}2\.5s {2}1 of 6 images, 9\.0 MB of 49\.2 MB, 7 of 42 layers$/);
    expect(lines[6]).toMatch(/^ {4}api {8}✓ sha256:[0-9a-f]{12} in 1\.3s$/);
    expect(lines[7]).toBe(`    worker     ${'█'.repeat(2)}${'░'.repeat(22)}  820 kB of 8.2 MB, 0 of 7 layers`);
    expect(tree(events, { columns: 50 })[7]).toBe('    worker     820 kB of 8.2 MB, 0 of 7 layers');
  });

  it('joins stages when rows are few, and omits finished details first', () => {
    const lines = tree(
      until((event) => event === EVENTS.filter(isScanResult)[3]),
      { rows: 8 },
    );
    expect(lines).toEqual([
      '  pipeline     2.5s  homechoice 1.4.0, 6 images',
      '✓ preflight  ✓ recover  ✓ plan  ✓ build  ✓ push',
      '⠋ scan         2.5s  2 of 6 images',
      '    report     linux/amd64  queued',
      '               linux/arm64  queued',
      '    gateway    linux/amd64  queued',
      '    and 9 more',
      '· then gate, promote, registries',
    ]);
  });

  it('marks the outcome of the run and the failed stage', () => {
    const events = EVENTS.slice(0, 20);
    const state = stateAfter(events);
    state.see(
      { type: 'stage-finished', stage: { name: 'build', status: 'failed', detail: 'no', durationMs: 900 } },
      STARTED,
    );
    const colors = createColors(false);
    const end = { columns: 80, rows: 20, colors, started: 0, now: 3_000, outcome: 'failed' as const };
    const lines = pipelineTree(state, end);
    expect(lines[0]).toBe('✗ pipeline     3.0s  homechoice 1.4.0, 6 images');
    expect(lines).toContain('✗ build        0.9s  no');
  });

  it('pushes and scans only what is built, and says since when the others are released', () => {
    const events = sampleEvents(buildingOnly(['report'])).map(({ event }) => event);
    const pushed = tree(events.slice(0, events.findIndex(isPushed) + 1));
    expect(pushed[5]).toMatch(/^⠋ push .* 1 of 1 image, /);
    expect(pushed[6]).toMatch(/^ {4}report .*✓ sha256/);
    const scanned = tree(events.slice(0, events.findIndex(isScanResult) + 1));
    expect(scanned.slice(6, 11)).toEqual([
      '⠋ scan         2.5s  5 of 6 images',
      '    api        unchanged (since release 36)',
      '    worker     unchanged (since release 37)',
      '    report     linux/amd64  M 4 L 18 U 3',
      '               linux/arm64  queued',
    ]);
  });

  it('marks a run that changed nothing as good', () => {
    const colors = createColors(false);
    const end = { columns: 80, rows: 20, colors, started: 0, now: 3_000, outcome: 'unchanged' as const };
    expect(pipelineTree(stateAfter(EVENTS), end)[0]).toMatch(/^✓ pipeline/);
  });

  it('shows that the run waits for another run', () => {
    const message = 'waiting for another run of the package on this machine';
    expect(tree([...EVENTS.slice(0, 1), { type: 'waiting', message }])[0]).toMatch(
      /^\s+pipeline +[\d.]+s {2}waiting for another/,
    );
  });

  it('escapes control characters from outside', () => {
    const trouble: PipelineEvent = {
      type: 'scan',
      reference: sampleRun().images[0]?.reference ?? '',
      event: { type: 'trouble', message: 'gone\u001b[2J\r\naway' },
    };
    const lines = tree([...until(isScanResult), trouble]);
    expect(lines[6]).toBe('⠋ scan         2.5s  waiting for Harbor: gone\\e[2J\\r\\naway');
  });
});
