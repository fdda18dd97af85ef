import { expect } from 'vitest';
import { parsePipelineTag } from '../../src/pipeline/promotion/tag-format.ts';
import type { Factory } from './factory.ts';
import type { Tags } from './registry-view.ts';
import { expectReleased, type Scene } from './world.ts';

/** Every request that changes a public tag, or a note on it. */
export const MOVES = '/(artifacts/[^/]+/tags(/objdocker-[^/]*)?|manifests/1\\.0)$';

/** A run in a process that can be ended at any moment. */
export function startRun(factory: Factory, args: readonly string[] = []) {
  let pid = 0;
  let over = false;
  const ended = factory
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

/** How long a release takes here, in milliseconds, and how many requests its promotion is made of. */
export async function measure(world: Scene): Promise<{ readonly duration: number; readonly moves: number }> {
  await expectReleased(world, await world.factory.pipeline());
  await world.factory.change();
  await world.harbor.forgetTraffic();
  const start = performance.now();
  await expectReleased(world, await world.factory.pipeline());
  const { recent } = await world.harbor.traffic();
  const moves = recent.filter(({ method, path }) => method !== 'GET' && new RegExp(MOVES).test(path)).length;
  return { duration: performance.now() - start, moves };
}

/** A request of the promotion that waits for its answer. */
export const isStalled = ({ method, path, status }: { method: string; path: string; status: number }) =>
  method !== 'GET' && status === 0 && new RegExp(MOVES).test(path);

/** What the notes of the registry say of promotions that were not ended: by run, where each public tag was to go. */
export async function notes({ registry }: Scene): Promise<ReadonlyMap<string, Tags>> {
  const found = new Map<string, Record<string, string>>();
  for (const [name, digest] of Object.entries(await registry.all())) {
    const [repository = '', tag = ''] = name.split(':');
    const read = parsePipelineTag(tag);
    if (read?.journal === undefined) continue;
    const to = read.journal.role === 'to' ? { [`${repository}:${read.journal.tag}`]: digest } : {};
    found.set(read.run, { ...found.get(read.run), ...to });
  }
  return found;
}

/** What the next run is to say of the one before, as the registry stood before that and stands now. */
export function expectedRecovery(noted: Tags, before: Tags, tags: Tags): string {
  // Where tags come from is noted first, and taken off last: alone it says that nothing was moved yet, or that all is over.
  if (Object.keys(noted).length === 0) {
    return Object.entries(before).every(([name, digest]) => tags[name] === digest) ? 'not-started' : 'complete';
  }
  const moved = Object.entries(noted).filter(([name, digest]) => tags[name] === digest);
  if (moved.length === 0) return 'not-started';
  return moved.length === Object.keys(noted).length ? 'complete' : 'finished';
}

/** Digests that a public tag may stand for, and those that it never may. */
export class Ledger {
  readonly passed = new Set<string>();
  readonly rejected = new Set<string>();

  pass(tags: Tags): void {
    for (const digest of Object.values(tags)) this.passed.add(digest);
  }

  /** All that the registry has and that was not passed by now. */
  async reject(world: Scene): Promise<void> {
    for (const { digest } of await world.registry.artifacts()) if (!this.passed.has(digest)) this.rejected.add(digest);
  }

  async check(world: Scene, seen: ReadonlyMap<string, readonly (string | undefined)[]>): Promise<void> {
    const artifacts = new Map((await world.registry.artifacts()).map((artifact) => [artifact.digest, artifact]));
    for (const [name, digests] of seen) {
      for (const digest of digests) {
        // A tag that moves is there all the time.
        expect(digest, `${name} was gone for a moment`).toBeDefined();
        if (digest === undefined) continue;
        expect(this.passed, `${name} stood for ${digest}`).toContain(digest);
        expect(this.rejected, `${name} stood for ${digest}`).not.toContain(digest);
        expect(artifacts.get(digest)).toMatchObject({
          scan: 'Success',
          severity: expect.not.stringMatching('Critical'),
        });
      }
    }
  }
}
