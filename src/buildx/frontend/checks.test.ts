import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { samplePlan } from '../../../test/build/sample-plan.ts';
import { systemEnvironment } from '../../lib/environment.ts';
import type { Exec } from '../../lib/process/exec.ts';
import type { BuildPlan } from '../plan.ts';
import { readBuildChecks, runBuildChecks } from './checks.ts';

const recorded = (name: string): string =>
  readFileSync(new URL(`../../../test/fixtures/build-checks/${name}.json`, import.meta.url), 'utf8');

describe('readBuildChecks', () => {
  it('reads rule, message, line and link of each warning', () => {
    const { warnings, note } = readBuildChecks(JSON.parse(recorded('checked')), '/d/Dockerfile') ?? { warnings: [] };
    expect(note).toBeUndefined();
    expect(warnings.map(({ rule, line }) => `${rule} ${line}`)).toEqual([
      'MaintainerDeprecated 5',
      'FromAsCasing 8',
      'ConsistentInstructionCasing 8',
      'SecretsUsedInArgOrEnv 3',
      'UndefinedVar 6',
      'JSONArgsRecommended 9',
    ]);
    expect(warnings[4]).toEqual({
      rule: 'UndefinedVar',
      message: "Usage of undefined variable '$NO'",
      description: 'Variables should be defined before their use',
      url: 'https://docs.docker.com/go/dockerfile/rule/undefined-var/',
      file: '/d/Dockerfile',
      line: 6,
    });
  });

  it('says where the checks stopped', () => {
    expect(readBuildChecks(JSON.parse(recorded('stopped')), '/d/Dockerfile')?.note).toBe(
      'the build checks stopped at /d/Dockerfile:6: cannot copy from stage "worker", it needs to be defined before current stage "api"',
    );
  });

  it('takes no other output for a result', () => {
    expect(readBuildChecks(undefined, 'd')).toBeUndefined();
    expect(readBuildChecks({ warnings: [{ rule: 1 }] }, 'd')).toBeUndefined();
    expect(readBuildChecks({ warnings: null, sources: null }, 'd')).toEqual({ warnings: [] });
  });
});

describe('runBuildChecks', () => {
  const image = samplePlan().images[0] ?? { reference: '', args: {} };
  const services = [image, { ...image, target: 'web', service: 'web' }];

  async function check(
    response: { stdout?: string; stderr?: string },
    { version = '0.38.2', ...plan }: Partial<BuildPlan> & { version?: string } = {},
  ) {
    const calls: (readonly string[])[] = [];
    const exec: Exec = async (_file, args) => {
      calls.push(args);
      return { exitCode: 1, stdout: '', stderr: '', ...response };
    };
    const environment = { ...systemEnvironment(), exec };
    const capabilities = { docker: { version: '28' }, buildx: { version } };
    const checks = await runBuildChecks(samplePlan(plan), capabilities, { environment, env: {} });
    return { ...checks, calls };
  }

  it('shows what several images have in common once, in the order of lines', async () => {
    const { warnings, calls } = await check({ stdout: recorded('checked') }, { images: services });
    expect(calls).toHaveLength(2);
    expect(warnings.map(({ line }) => line)).toEqual([3, 5, 6, 8, 8, 9]);
  });

  it('passes what decides about the stages, and neither tag nor secret', async () => {
    const { calls } = await check(
      { stdout: '{}' },
      { builder: 'farm', platforms: ['linux/arm64', 'linux/amd64'], secrets: [{ id: 's', env: 'S' }] },
    );
    expect(calls).toEqual([
      [
        ...['buildx', 'build', '--call', 'check,format=json', '--progress', 'plain', '--builder', 'farm'],
        ...['--platform', 'linux/arm64', '--file', '/project/axion.dockerfile', '--target', 'api'],
        ...['--build-arg', 'VERSION=1', '/project'],
      ],
    ]);
  });

  it('does not ask a buildx that has no checks, and asks one that does not know its version', async () => {
    const old = await check({}, { version: '0.13.1+ds1' });
    expect(old).toEqual({
      warnings: [],
      note: 'buildx 0.13.1+ds1 cannot ask for build checks: 0.15 is the first that can',
      calls: [],
    });
    expect((await check({ stdout: '{}' }, { version: '0.0.0+unknown' })).calls).toHaveLength(1);
    const options = { environment: systemEnvironment(), env: {} };
    expect((await runBuildChecks(samplePlan(), {}, options)).note).toContain('docker has no buildx plugin');
  });

  it('says once why a builder did not check', async () => {
    const unsupported = 'ERROR: failed to build: failed to solve: unsupported request frontend.lint\n';
    expect((await check({ stderr: unsupported }, { images: services })).note).toBe(
      'the builder gives no build checks: they came with BuildKit 0.14 (engine 27.0)',
    );
    expect((await check({ stderr: unsupported }, { syntax: 'example.com/front:1' })).note).toBe(
      'the frontend example.com/front:1 gives no build checks',
    );
    const stopped = '#0 building\nERROR: no builder "farm" found\n';
    expect((await check({ stderr: stopped })).note).toBe('the builder gave no build checks: no builder "farm" found');
  });
});
