// Only what changed, where images are built otherwise than on a new engine.
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { PipelineRun } from '../../../src/model/pipeline-run.ts';
import { peerProgram, startBuildkit } from '../../build/buildkit-peer.ts';
import { copyBusybox } from '../../harness/containers.ts';
import { docker, startEngine, startRegistry } from '../../harness/sandbox.ts';
import { expectOutcome } from '../fixture.ts';
import { createWorkspace, type PipelineResult, type Workspace } from '../workspace.ts';

const SERVICES = ['api', 'worker'];
const BUSYBOX = 'localhost/busybox:bookworm';

const actionsOf = ({ images }: PipelineRun) => images.map(({ service, action }) => `${service} ${action}`);
const reasonsOf = ({ images }: PipelineRun) => new Set(images.flatMap(({ reasons = [] }) => reasons));

/** Releases, releases nothing, releases one changed service, and both after the base image has moved. */
async function releaseOnlyWhatChanges(
  workspace: Workspace,
  run: () => Promise<PipelineResult>,
  moveBase: () => Promise<void>,
): Promise<void> {
  const first = await run();
  expectOutcome(first, 'unscanned', 0);
  expect(actionsOf(first.run)).toEqual(['api build', 'worker build']);
  expect(first.run.warnings).toEqual([]);
  const second = await run();
  expectOutcome(second, 'unchanged', 0);
  expect(actionsOf(second.run)).toEqual(['api unchanged', 'worker unchanged']);

  await workspace.change('api');
  const third = await run();
  expectOutcome(third, 'unscanned', 0);
  expect(actionsOf(third.run)).toEqual(['api build', 'worker unchanged']);
  expect(third.run.images[1]?.digest).toBe(first.run.images[1]?.digest);

  await moveBase();
  const plan = await workspace.cli(['plan']);
  expect(plan.code, plan.stderr).toBe(0);
  expect(plan.stdout).toMatch(/base image \S+ is now sha256:/);
  const fourth = await run();
  expectOutcome(fourth, 'unscanned', 0);
  expect(actionsOf(fourth.run)).toEqual(['api build', 'worker build']);
  expect([...reasonsOf(fourth.run)]).toEqual([expect.stringMatching(/^base image \S+ is now sha256:[0-9a-f]{12}$/)]);
  expectOutcome(await run(), 'unchanged', 0);
}

/** An image that differs from the base image in one file. */
async function buildOther(name: string, env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const container = `base-${randomBytes(6).toString('hex')}`;
  await docker(['run', '--name', container, BUSYBOX, 'touch', '/other'], env);
  await docker(['commit', container, name], env);
  await docker(['rm', container], env);
}

const buildkitd = peerProgram('buildkitd') ?? '';
const buildx = peerProgram('buildx') ?? '';

describe.concurrent('a run builds only what has changed', () => {
  it.skipIf(buildkitd === '' || buildx === '')(
    'on a builder without an engine, with the base image pinned',
    async () => {
      await using registry = await startRegistry();
      await using peer = await startBuildkit({ buildkitd, buildx });
      const base = `${registry.host}/base:1`;
      await docker(['tag', BUSYBOX, base]);
      await docker(['push', '--quiet', base]);
      await docker(['rmi', base]);
      const image = { platforms: ['linux/amd64'], builder: peer.builder };
      const { host } = registry;
      await using workspace = await createWorkspace({
        host,
        type: 'registry',
        services: SERVICES,
        base,
        image,
        env: peer.env,
      });
      await releaseOnlyWhatChanges(
        workspace,
        () => workspace.pipeline(['--no-scan']),
        async () => {
          await buildOther(base, {});
          await docker(['push', '--quiet', base]);
          await docker(['rmi', base]);
        },
      );
    },
  );

  it('on Engine 20.10 with the classic image store', async () => {
    await using engine = await startEngine('--flavour', 'bookworm');
    await copyBusybox(engine.env);
    await using registry = await startRegistry();
    const base = 'localhost/moving:1';
    await docker(['tag', BUSYBOX, base], engine.env);
    const { host } = registry;
    await using workspace = await createWorkspace({
      host,
      type: 'registry',
      services: SERVICES,
      base,
      env: engine.env,
    });
    await releaseOnlyWhatChanges(
      workspace,
      () => workspace.pipeline(['--no-scan']),
      () => buildOther(base, engine.env),
    );
  });
});
