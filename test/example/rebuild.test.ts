import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { docker } from '../harness/sandbox.ts';
import { buildExample, copyExample, stepsOf } from './build-example.ts';

it('rebuilds a changed service without running a venv stage', async () => {
  await using example = await copyExample();
  await using before = await buildExample(example);
  expect(before.code, before.log).toBe(0);
  // Unique for each run, so that the build cache of an earlier run is not used.
  await appendFile(join(example.directory, 'src/meridian/report/render.py'), `\nBUILD = ${Date.now()}\n`);
  await using after = await buildExample(example);
  expect(after.code, after.log).toBe(0);
  const steps = stepsOf(after.log).filter(({ instruction }) => !instruction.startsWith('FROM '));
  const ran = (stage: string) => steps.filter((step) => step.stage === stage && !step.cached);
  for (const stage of ['builder', 'packages', 'venv-web', 'venv-analytics', 'runtime']) {
    expect(
      steps.some((step) => step.stage === stage),
      stage,
    ).toBe(true);
    expect(ran(stage), stage).toEqual([]);
  }
  expect(ran('compiler')).not.toEqual([]);
  expect(ran('meridian-report')).not.toEqual([]);
  // Compilation is reproducible, so unchanged services have the same layers as before.
  const layers = async (image: string) => docker(['image', 'inspect', '--format', '{{json .RootFS.Layers}}', image]);
  expect(await layers(after.image('meridian-api'))).toBe(await layers(before.image('meridian-api')));
  expect(await layers(after.image('meridian-worker'))).toBe(await layers(before.image('meridian-worker')));
  expect(await layers(after.image('meridian-report'))).not.toBe(await layers(before.image('meridian-report')));
});
