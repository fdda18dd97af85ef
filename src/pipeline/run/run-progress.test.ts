import { expect, test } from 'vitest';
import { ObjDockerError } from '../../errors.ts';
import type { PipelineEvent } from '../events.ts';
import { RunProgress } from './run-progress.ts';

function startProgress(): { readonly progress: RunProgress; readonly events: PipelineEvent[] } {
  const events: PipelineEvent[] = [];
  const registry = { host: 'registry.test', type: 'harbor', project: 'axion' } as const;
  const start = { run: 'objdocker-1', package: 'shop', tags: ['1.0'], registry, scanned: true };
  const emit = async (event: PipelineEvent): Promise<void> => void events.push(event);
  return { progress: new RunProgress(start, { now: () => new Date(), emit }), events };
}

test('keeps the message of a bug out of events and report: it may contain secrets', async () => {
  const { progress: run, events } = startProgress();
  const bug = new TypeError('cannot read hunter2');
  await expect(run.stage('build', () => Promise.reject(bug))).rejects.toBe(bug);
  const report = run.finish('failed', bug);
  expect(report.run.stages.find(({ name }) => name === 'build')).toMatchObject({
    status: 'failed',
    detail: 'internal error in objdocker',
  });
  expect(report.run.error).toMatchObject({ code: 'INTERNAL' });
  expect(JSON.stringify([events, report])).not.toContain('hunter2');
});

test('reports an ObjDockerError in its stage and at the end', async () => {
  const { progress: run } = startProgress();
  const error = new ObjDockerError('PUSH_FAILED', 'the registry hung up', { hint: 'Again.' });
  await expect(run.stage('push', () => Promise.reject(error))).rejects.toBe(error);
  const { stages, error: reported } = run.finish('failed', error).run;
  expect(stages.find(({ name }) => name === 'push')?.detail).toBe('the registry hung up');
  expect(reported).toMatchObject({ code: 'PUSH_FAILED', message: 'the registry hung up' });
});

test('warns once of what a check of the preflight has reported already', () => {
  const { progress: run, events } = startProgress();
  run.reported('Dockerfile:3: nothing uses X; Dockerfile:9: two stages are named "api"');
  run.warn('Dockerfile:9: two stages are named "api"');
  run.warn('something else');
  run.warn('something else');
  expect(events).toEqual([{ type: 'warning', message: 'something else' }]);
  expect(run.finish('passed').run.warnings).toEqual(['Dockerfile:9: two stages are named "api"', 'something else']);
});
