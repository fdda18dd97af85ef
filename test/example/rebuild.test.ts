import { randomUUID } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { docker } from '../harness/sandbox.ts';
import { buildExample, copyExample, type ExampleBuild, stepsOf } from './build-example.ts';
import { SERVICES } from './services.ts';

describe('after a change', { timeout: 600_000 }, () => {
  it('to one service, only its stages run, and the other images keep their layers', async () => {
    await using example = await copyExample();
    await using before = await buildExample(example);
    expect(before.code, before.log).toBe(0);
    await change(example.directory, 'report/render.py');
    await using after = await buildExample(example);
    expect(after.code, after.log).toBe(0);
    expect(stagesThatRan(after)).toEqual(['compile-report', 'meridian-report']);
    expect(compiledModules(after)).toEqual(['meridian.report.render']);
    expect(await changedImages(before, after)).toEqual(['meridian-report']);
  });

  it('to the core, all stages that use it run, and compile what has changed', async () => {
    await using example = await copyExample();
    await using before = await buildExample(example);
    expect(before.code, before.log).toBe(0);
    await change(example.directory, 'core/query.py');
    await using after = await buildExample(example);
    expect(after.code, after.log).toBe(0);
    const targets = SERVICES.map(({ target }) => target);
    expect(stagesThatRan(after)).toEqual(
      [
        'compile-core',
        'compiler',
        'runtime-analytics',
        'runtime-web',
        ...targets,
        ...SERVICES.map(compileStage),
      ].sort(),
    );
    expect(compiledModules(after)).toEqual(['meridian.core.query']);
    expect(await changedImages(before, after)).toEqual(targets.toSorted());
  });
});

/** Unlike in any earlier run, whose result the build cache would have. */
async function change(directory: string, file: string): Promise<void> {
  await appendFile(join(directory, 'src/meridian', file), `\nBUILD = "${randomUUID()}"\n`);
}

function compileStage({ name }: { readonly name: string }): string {
  return `compile-${name}`;
}

function stagesThatRan({ log }: ExampleBuild): readonly string[] {
  const steps = stepsOf(log).filter(({ instruction }) => !instruction.startsWith('FROM '));
  expect(steps.some(({ stage, cached }) => stage === 'venv-web' && cached)).toBe(true);
  return [...new Set(steps.filter(({ cached }) => !cached).map(({ stage }) => stage))].sort();
}

function compiledModules({ log }: ExampleBuild): readonly string[] {
  return [...log.matchAll(/compile: compiled (\S+)/g)].map(([, name = '']) => name);
}

async function changedImages(before: ExampleBuild, after: ExampleBuild): Promise<readonly string[]> {
  const layers = async (image: string) => docker(['image', 'inspect', '--format', '{{json .RootFS.Layers}}', image]);
  const changed = await Promise.all(
    SERVICES.map(async ({ target }) =>
      (await layers(before.image(target))) === (await layers(after.image(target))) ? [] : [target],
    ),
  );
  return changed.flat().sort();
}
