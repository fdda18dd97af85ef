import { expect, it } from 'vitest';
import { systemEnvironment } from '../../lib/environment.ts';
import type { Exec } from '../../lib/process/exec.ts';
import { findFrontendTargets } from './targets.ts';

async function find(response: { stdout?: string; stderr?: string }, version = '0.38.2') {
  const calls: (readonly string[])[] = [];
  const exec: Exec = async (_file, args) => {
    calls.push(args);
    return { exitCode: 0, stdout: '', stderr: '', ...response };
  };
  const call = { dockerfile: '/d/targets', context: '/d', builder: 'b', args: { A: '1' }, syntax: 'team/front:1' };
  const found = await findFrontendTargets(
    call,
    { docker: { version: '28' }, buildx: { version } },
    { environment: { ...systemEnvironment(), exec }, env: {} },
  );
  return { found, calls };
}

it('reads the targets that a frontend names, and what they start from', async () => {
  const targets = [{ name: 'base' }, { name: 'api', base: 'base', default: true }, { default: true }];
  const { found, calls } = await find({ stdout: JSON.stringify({ targets, sources: ['bm8='] }) });
  expect(found).toEqual([{ name: 'base' }, { name: 'api', base: 'base' }, {}]);
  expect(calls).toEqual([
    [
      ...['buildx', 'build', '--call', 'targets,format=json', '--progress', 'plain', '--builder', 'b'],
      ...['--file', '/d/targets', '--build-arg', 'A=1', '/d'],
    ],
  ]);
});

it('says why there are none', async () => {
  const unsupported = 'ERROR: failed to solve: unsupported frontend capability moby.buildkit.frontend.subrequests\n';
  expect((await find({ stderr: unsupported })).found).toBe('the frontend team/front:1 gives no target names');
  expect((await find({ stderr: 'ERROR: no such host\n' })).found).toBe(
    'the builder gave no target names: no such host',
  );
  expect(await find({}, '0.13.1')).toEqual({
    found: 'buildx 0.13.1 cannot ask for target names: 0.15 is the first that can',
    calls: [],
  });
});
