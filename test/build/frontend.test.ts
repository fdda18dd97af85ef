// Compares our table of frontends with a real builder.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { effectOf } from '../../src/buildx/frontend/release.ts';
import { systemEnvironment } from '../../src/lib/environment.ts';
import type { EnvironmentVariables } from '../../src/lib/process/exec.ts';
import { type BuildkitPeer, peerProgram, startBuildkit } from './buildkit-peer.ts';
import { FRONTEND_EXAMPLES, type FrontendExample } from './frontend-examples.ts';

const environment = systemEnvironment();
let context: string;
beforeAll(async () => {
  context = await mkdtemp(join(tmpdir(), 'build-frontend-'));
  await writeFile(join(context, 'a'), 'x');
});
afterAll(() => rm(context, { recursive: true }));

/** Has the builder's frontend read a Dockerfile, without building anything. */
async function isTaken({ lines }: FrontendExample, env: EnvironmentVariables, ...args: string[]): Promise<boolean> {
  // Not on standard input: buildx 0.13 waits for ever there when it is to print.
  const file = join(context, 'Dockerfile');
  await writeFile(file, `FROM scratch\n${lines}\n`);
  const { exitCode, stderr } = await environment.exec('docker', ['buildx', 'build', ...args, '--file', file, context], {
    env: { ...env, BUILDX_EXPERIMENTAL: '1' },
  });
  // A builder that does not respond takes and refuses nothing.
  expect(stderr).toContain('load build definition from Dockerfile');
  return exitCode === 0;
}

const expected = (example: FrontendExample, version: string) =>
  effectOf({ ...example, line: 2, legacy: false }, { version, labs: false }) !== 'refused';

describe("the frontend of the sandbox's engine, Dockerfile 1.7", () => {
  it.each(FRONTEND_EXAMPLES)('takes or refuses $text', async (example) => {
    const taken = await isTaken(example, process.env, '--progress', 'plain', '--print', 'outline');
    expect(taken).toBe(expected(example, '1.7'));
  });
});

const buildkitd = peerProgram('buildkitd');
const buildx = peerProgram('buildx');
describe.skipIf(buildkitd === undefined || buildx === undefined)(
  'the frontend of BuildKit 0.34, Dockerfile 1.28',
  () => {
    let peer: BuildkitPeer;
    beforeAll(async () => {
      peer = await startBuildkit({ buildkitd: buildkitd ?? '', buildx: buildx ?? '' });
    });
    afterAll(() => peer?.[Symbol.asyncDispose]());

    it.each(FRONTEND_EXAMPLES)('takes $text', async (example) => {
      const { env, builder } = peer;
      expect(await isTaken(example, env, '--builder', builder, '--progress', 'plain', '--call', 'outline')).toBe(true);
      expect(expected(example, '1.28')).toBe(true);
    });
  },
);
