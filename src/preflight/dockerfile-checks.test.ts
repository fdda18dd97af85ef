import { expect, it } from 'vitest';
import type { BuildChecks } from '../buildx/frontend/checks.ts';
import { ObjDockerError } from '../errors.ts';
import { buildChecksCheck } from './dockerfile-checks.ts';

const check = (run: () => Promise<BuildChecks>) => buildChecksCheck(run).run(new AbortController().signal);
const WARNING = { rule: 'UndefinedVar', message: 'Usage of $NO', file: '/d/Dockerfile', line: 6 };

it('is a warning with the rules that are broken, each once', async () => {
  const warnings = [WARNING, { ...WARNING, line: 7 }, { ...WARNING, rule: 'FromAsCasing' }];
  expect(await check(async () => ({ warnings, note: 'the build checks stopped' }))).toEqual({
    status: 'warning',
    detail: '3 warnings (UndefinedVar, FromAsCasing); the build checks stopped',
    warnings,
  });
});

it('is ok without warnings, and skipped where the builder has no checks', async () => {
  expect(await check(async () => ({ warnings: [] }))).toEqual({ status: 'ok', detail: 'no warnings' });
  expect(await check(async () => ({ warnings: [], note: 'there are none' }))).toEqual({
    status: 'skipped',
    detail: 'there are none',
  });
});

it('leaves what makes the build impossible to the other checks', async () => {
  const failing = check(async () => {
    throw new ObjDockerError('DOCKERFILE_INVALID', 'Dockerfile:1: no');
  });
  expect(await failing).toEqual({ status: 'skipped', detail: 'the build cannot be planned' });
});

it('ends when the preflight is cancelled', async () => {
  const signal = AbortSignal.abort();
  const cancelled = new ObjDockerError('CANCELLED', 'cancelled');
  const running = buildChecksCheck(() => Promise.reject(cancelled)).run(signal);
  await expect(running).rejects.toBe(cancelled);
});
