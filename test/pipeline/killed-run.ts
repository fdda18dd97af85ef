import { expect } from 'vitest';
import type { PipelineRun } from '../../src/model/pipeline-run.ts';
import { expectReleased, type Fixture } from './fixture.ts';
import type { Tags, ViewedRecord } from './registry-view.ts';
import { repositoryOf, type Workspace } from './workspace.ts';

/** Matches the path of every request that changes a public tag, a staging tag, or a tag of a release. */
export const TAG_CHANGES = '/(artifacts/[^/]+/tags(/objdocker-[^/]*)?|manifests/1\\.0)$';

/** Matches the path of every request that moves a public tag. */
export const TAG_MOVES = 'manifests/1\\.0$';

/** Starts a run in a process that can be killed at any moment. */
export function startRun(workspace: Workspace, args: readonly string[] = []) {
  let pid = 0;
  let over = false;
  const ended = workspace
    .cli(['pipeline', '--json', ...args], { onStart: (started) => (pid = started) })
    .finally(() => (over = true));
  return {
    ended,
    isOver: () => over,
    kill: (signal: NodeJS.Signals) => {
      if (!over) process.kill(pid, signal);
    },
  };
}

/** Measures a release: its duration in milliseconds, and the number of requests that change a tag. */
export async function measure(fixture: Fixture): Promise<{ readonly duration: number; readonly tagChanges: number }> {
  await expectReleased(fixture, await fixture.workspace.pipeline());
  await fixture.workspace.change();
  await fixture.harbor.resetTraffic();
  const start = performance.now();
  await expectReleased(fixture, await fixture.workspace.pipeline());
  return { duration: performance.now() - start, tagChanges: await countTagChanges(fixture) };
}

export async function countTagChanges({ harbor }: Fixture): Promise<number> {
  const { recent } = await harbor.traffic();
  return recent.filter(({ method, path }) => method !== 'GET' && new RegExp(TAG_CHANGES).test(path)).length;
}

/** A request that meets a planned stall. One that is merely slow does not count. */
export const isStalled = ({ failure }: { failure?: string }) => failure === 'stall';

/** The releases that have not ended. */
export async function readOpenReleases({ registry }: Fixture): Promise<readonly ViewedRecord[]> {
  return (await registry.records()).filter(({ state }) => state === 'open' || state === 'undoing');
}

/** What the next run must report about a release that has not ended. `after` are the public tags after the killed run. */
export function expectedRecovery({ state, tags }: ViewedRecord, after: Tags): string {
  if (state === 'undoing') return 'undone';
  return Object.entries(tags).every(([name, digest]) => after[name] === digest) ? 'complete' : 'finished';
}

/** The digests that passed a gate, and those that Harbor found to be critical. A public tag may point to the former only. */
export class Ledger {
  readonly passed = new Set<string>();
  readonly rejected = new Set<string>();

  /** The images of tags whose run has passed the gate. */
  pass(tags: Tags): void {
    for (const digest of Object.values(tags)) this.passed.add(digest);
  }

  /** The images that the verdict of a run has passed. */
  passVerdict({ verdict }: PipelineRun): void {
    for (const { digest, outcome } of verdict?.images ?? []) if (outcome === 'passed') this.passed.add(digest);
  }

  /**
   * The images of a service in which Harbor has just found something critical. The other images of the rejected run are not
   * rejected: a later run may release them, once they have passed its gate.
   */
  async rejectCritical({ registry }: Fixture, service: string): Promise<void> {
    const artifacts = await registry.artifacts();
    const critical = artifacts.filter(({ severity }) => severity === 'Critical');
    expect(critical.map(({ repository }) => repository)).toContain(repositoryOf(service));
    for (const { digest } of critical) this.rejected.add(digest);
  }

  /** Checks every digest that a public tag ever pointed to. */
  async check(fixture: Fixture, seen: ReadonlyMap<string, readonly (string | undefined)[]>): Promise<void> {
    const artifacts = new Map((await fixture.registry.artifacts()).map((artifact) => [artifact.digest, artifact]));
    for (const [name, digests] of seen) {
      for (const digest of digests) {
        expect(digest, `${name} did not exist for a moment`).toBeDefined();
        if (digest === undefined) continue;
        expect(this.passed, `${name} pointed to ${digest}`).toContain(digest);
        expect(this.rejected, `${name} pointed to ${digest}`).not.toContain(digest);
        expect(artifacts.get(digest)).toMatchObject({
          scan: 'Success',
          severity: expect.not.stringMatching('Critical'),
        });
      }
    }
  }
}
