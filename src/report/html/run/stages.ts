import { formatDuration } from '../../../lib/text/duration.ts';
import type { PipelineRun, StageRecord } from '../../../model/pipeline-run.ts';
import { h, type PageNode } from '../page-node.ts';

/** The stages on a time line. A skipped stage has no bar. */
export function runStages(run: PipelineRun): PageNode {
  const scale = timeScale(run);
  return h(
    'section',
    { class: 'stages', 'aria-labelledby': 'stages' },
    h('h2', { id: 'stages' }, 'Stages'),
    h(
      'table',
      { class: 'gantt' },
      h('caption', {}, `The stages of the run, ${formatDuration(run.durationMs)} in all`),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col', class: 'name' }, 'Stage'),
          h('th', { scope: 'col', class: 'drawing' }, h('span', { class: 'heard' }, 'When'), axis(scale)),
          h('th', { scope: 'col', class: 'number took' }, 'Took'),
          h('th', { scope: 'col', class: 'came' }, 'Result'),
        ),
      ),
      h('tbody', {}, ...run.stages.map((stage) => stageRow(stage, scale))),
    ),
  );
}

interface TimeScale {
  readonly start: number;
  readonly span: number;
  /** Milliseconds from the start. */
  readonly ticks: readonly number[];
}

const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200];
const TICKS = 5;

function timeScale({ started, durationMs, stages }: PipelineRun): TimeScale {
  const start = Date.parse(started);
  const ends = stages.map((stage) => offset(stage, start) + (stage.durationMs ?? 0));
  const span = Math.max(1, durationMs, ...ends.filter(Number.isFinite));
  const step = 1000 * (STEPS.find((seconds) => span / (seconds * 1000) <= TICKS) ?? 86_400);
  const ticks = Array.from({ length: Math.min(TICKS * 2, Math.floor(span / step)) + 1 }, (_, index) => index * step);
  return { start, span, ticks };
}

function offset({ started }: StageRecord, start: number): number {
  return started === undefined ? 0 : Math.max(0, Date.parse(started) - start);
}

function axis({ ticks, span }: TimeScale): PageNode {
  return h(
    'svg',
    { class: 'axis', 'aria-hidden': 'true' },
    ...ticks.map((tick) => {
      const x = (tick / span) * 100;
      const anchor = tick === 0 ? 'start' : x > 90 ? 'end' : 'middle';
      return h(
        'text',
        { x: `${x.toFixed(3)}%`, y: '75%', 'text-anchor': anchor },
        tick === 0 ? '0' : formatDuration(tick).replace(/\.0(?=s$)|(?<=m)00s$|(?<=h)00m$/, ''),
      );
    }),
  );
}

const STATUS_WORDS = { done: 'done', failed: 'failed', skipped: 'skipped' } as const;

function stageRow(stage: StageRecord, scale: TimeScale): PageNode {
  const { name, status, detail, durationMs } = stage;
  return h(
    'tr',
    { class: `stage ${status}` },
    h(
      'th',
      { scope: 'row', class: 'name' },
      name,
      h('span', { class: status === 'done' ? 'heard' : 'status' }, ` ${STATUS_WORDS[status]}`),
    ),
    h('td', { class: 'drawing' }, stageBar(stage, scale)),
    h('td', { class: 'number took' }, durationMs === undefined ? '' : formatDuration(durationMs)),
    h('td', { class: 'came' }, detail ?? ''),
  );
}

function stageBar(stage: StageRecord, { start, span, ticks }: TimeScale): PageNode {
  const grid = ticks.map((tick) => {
    const x = `${((tick / span) * 100).toFixed(3)}%`;
    return h('line', { x1: x, x2: x, y1: '0', y2: '100%' });
  });
  const { started, durationMs = 0, status } = stage;
  if (started === undefined || !Number.isFinite(Date.parse(started)))
    return h('svg', { class: 'lane', 'aria-hidden': 'true' }, ...grid);
  const from = offset(stage, start);
  const label = `from ${formatDuration(from)} to ${formatDuration(from + durationMs)}`;
  return h(
    'svg',
    { class: 'lane', role: 'img', 'aria-label': label },
    h('title', {}, label),
    ...grid,
    h('rect', {
      class: status,
      x: `${((from / span) * 100).toFixed(3)}%`,
      y: '20%',
      width: `${((durationMs / span) * 100).toFixed(3)}%`,
      height: '60%',
    }),
  );
}
