import { type HarborAccess, type HarborCallOptions, openPackageHarbor } from '../../access/harbor-access.ts';
import type { Package } from '../../config/package.ts';
import type { GarbageCollection } from '../../harbor/gc/gc.ts';
import type { GcEvent, GcResult } from '../../harbor/gc/run.ts';
import type { StartedGc } from '../../harbor/gc/start.ts';
import { createOperation, type Operation } from '../../lib/operation.ts';

export interface StartCollectionOptions extends HarborCallOptions {
  /** Deletes artifacts without a tag as well, in every project of that Harbor. @default false */
  readonly deleteUntagged?: boolean | undefined;
  /** Deletes nothing, and says what it would. @default false */
  readonly dryRun?: boolean | undefined;
  /** How many blobs are deleted at once, 1 to 5; Harbors before 2.10 take no notice. @default 1 */
  readonly workers?: number | undefined;
}

export interface CollectOptions extends StartCollectionOptions {
  /** How long to wait until it is over, in milliseconds. @default 3600000 (an hour) */
  readonly timeoutMs?: number | undefined;
}

/** Starts a garbage collection and waits until it is over. */
export function collectGarbage(
  pkg: Package,
  { signal: callerSignal, ...options }: CollectOptions,
  access: HarborAccess,
): Operation<GcEvent, GcResult> {
  return createOperation(async ({ emit, signal }) => {
    await using opened = await openPackageHarbor(pkg, { ...access, ...options, signal });
    const { deleteUntagged, dryRun, workers, timeoutMs } = options;
    const run = opened.harbor.gc.run({ deleteUntagged, dryRun, workers, timeoutMs, signal });
    for await (const event of run) await emit(event);
    return await run.result;
  }, callerSignal);
}

/** Starts a garbage collection, and does not wait for it. */
export async function startCollection(
  pkg: Package,
  { deleteUntagged, dryRun, workers, ...options }: StartCollectionOptions,
  access: HarborAccess,
): Promise<StartedGc> {
  await using opened = await openPackageHarbor(pkg, { ...access, ...options });
  return await opened.harbor.gc.start({ deleteUntagged, dryRun, workers, signal: options.signal });
}

/** All garbage collections that Harbor remembers, newest first. */
export async function* listCollections(
  pkg: Package,
  options: HarborCallOptions,
  access: HarborAccess,
): AsyncGenerator<GarbageCollection, void, void> {
  await using opened = await openPackageHarbor(pkg, { ...access, ...options });
  yield* opened.harbor.gc.history({ signal: options.signal });
}

/** What a garbage collection has written; undefined as long as it has not begun. */
export async function readCollectionLog(
  pkg: Package,
  id: number,
  options: HarborCallOptions,
  access: HarborAccess,
): Promise<string | undefined> {
  await using opened = await openPackageHarbor(pkg, { ...access, ...options });
  return await opened.harbor.gc.log(id, { signal: options.signal });
}
