import { throwIfCancelled } from '../../lib/operation.ts';
import { pause } from '../../lib/poll.ts';
import type { Recovery } from '../../model/pipeline-run.ts';
import type { ReleaseRecord } from '../../model/release.ts';
import {
  type History,
  isRelease,
  type RecordWithState,
  type ReleaseRecords,
  type StoredRecord,
} from '../../release/records.ts';
import { beforeTag, releaseTag } from '../../release/release-tags.ts';
import { readTag, type TagStore } from '../../release/store/tag-store.ts';
import { type CarryOutOptions, carryOut, finishUndo, type KeepingTag, reasonOf } from './carry-out.ts';
import { correctTags, type WrittenTag } from './correct.ts';
import type { PromotionDeadlines } from './deadlines.ts';
import { recordGuard } from './guard.ts';
import { tagsOfRecord } from './moves.ts';

export interface SettleOptions {
  readonly store: TagStore;
  readonly records: ReleaseRecords;
  /** The run that looks. */
  readonly run: string;
  readonly deadlines: PromotionDeadlines;
  readonly signal?: AbortSignal | undefined;
  /** The release of another run is in progress, or was left by one that died. */
  readonly onWaiting: (message: string) => void;
  readonly onRecovered: (recovery: Recovery) => void;
  readonly onWarning: (message: string) => void;
}

/**
 * Waits for the release in progress, and finishes or undoes it when its run is dead. Afterwards no release is open.
 *
 * @throws {ObjDockerError} when it can be neither finished nor undone now; RECORD_INVALID
 */
export async function settle(options: SettleOptions): Promise<History> {
  const { records, deadlines, signal } = options;
  const request = { signal, timeoutMs: deadlines.requestMs };
  for (;;) {
    const history = await records.history(request);
    const { latest } = history;
    if (latest === undefined || latest.state === 'done' || latest.state === 'undone') return history;
    if (latest.state === 'open' && isRelease(latest.record)) await waitUntilIdle(options, latest);
    await recoverRelease(options, await records.readWithState(latest.record.number, request), history.released);
  }
}

/** Watches an open release until nothing changes: its run may still be in progress on another machine. */
async function waitUntilIdle(
  { store, records, deadlines, signal, onWaiting }: SettleOptions,
  { record }: RecordWithState,
): Promise<void> {
  const request = { signal, timeoutMs: deadlines.requestMs };
  const progressOf = async (): Promise<string> => {
    const { moves } = tagsOfRecord(store.host, record);
    const [state, ...found] = await Promise.all([
      records.readWithState(record.number, request).then(({ state }) => state),
      ...moves.map(({ repository, tag }) => readTag(store, repository, tag, request)),
    ]);
    return JSON.stringify([state, found]);
  };
  let before = await progressOf();
  onWaiting(`waiting for release ${record.number} of ${record.package}, which the run ${record.run} has not ended`);
  for (;;) {
    await pause(deadlines.settleMs, signal);
    const now = await progressOf();
    if (now === before || !now.startsWith('["open"')) return;
    before = now;
  }
}

/** Finishes or undoes a release that its run has left. */
async function recoverRelease(
  options: SettleOptions,
  found: RecordWithState,
  released: StoredRecord | undefined,
): Promise<void> {
  const { store, records, run, deadlines, signal, onWarning, onRecovered } = options;
  const { record, state } = found;
  const recovered = (action: Recovery['action'], references: readonly string[]): void =>
    onRecovered({ release: record.number, run: record.run, action, references: [...references] });
  if (state === 'done' || state === 'undone') return;
  throwIfCancelled(signal);

  const guard = recordGuard({ store, repository: records.repository, stored: found, run });
  const tags = tagsOfRecord(store.host, record);
  const correct = (written: readonly WrittenTag[]) => correctTags({ ...options, number: record.number }, written);
  const common = { store, guard, tags, correct, deadlines, signal, onWarning };
  if (state === 'undoing') {
    const undone = await finishUndo(common);
    return recovered(
      'undone',
      undone.map(({ reference }) => reference),
    );
  }
  const moved: string[] = [];
  const carrying: CarryOutOptions = {
    ...common,
    keeping: keepingTags(record, [released]),
    manifests: new Map(),
    isOwn: false,
    onPromotion({ reference }, promotion, isOurs) {
      if (isOurs && promotion !== 'in-doubt' && !moved.includes(reference)) moved.push(reference);
    },
  };
  const result = await carryOut(carrying).catch((error: unknown) => {
    if (!isUndone(error)) throw error;
    onWarning(`release ${record.number} could not be finished and was undone: ${reasonOf(error)}`);
    return undefined;
  });
  if (result === undefined) return recovered('undone', moved);
  switch (result.kind) {
    case 'done':
      return recovered(moved.length === 0 ? 'complete' : 'finished', moved);
    case 'conflict': {
      const names = result.conflicts.map(({ reference }) => reference).join(', ');
      onWarning(`release ${record.number} was undone, because somebody else has moved ${names}`);
      return recovered('undone', moved);
    }
    case 'overtaken':
      await correct(result.attempted.map((move) => ({ move, written: move.to })));
  }
}

/** Whether an error says that all moves were undone. */
function isUndone(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('details' in error)) return false;
  const { notUndone } = error.details as { readonly notUndone?: readonly string[] };
  return notUndone?.length === 0;
}

/**
 * The tags that keep the images of a release, and those that were public before it.
 *
 * @param earlier releases whose images have tags already
 */
export function keepingTags(
  { number, services }: Pick<ReleaseRecord, 'number' | 'services'>,
  earlier: readonly (StoredRecord | undefined)[],
): KeepingTag[] {
  const isReleased = (repository: string, digest: string): boolean =>
    earlier.some((stored) =>
      stored?.record.services.some((each) => each.repository === repository && each.digest === digest),
    );
  return services.flatMap(({ repository, digest, since, tags }) => {
    const before = new Set(tags.flatMap(({ action, before }) => (action === 'moved' && before ? [before] : [])));
    return [
      { repository, digest, tag: releaseTag(since), isBefore: false },
      ...[...before]
        .filter((each) => each !== digest && !isReleased(repository, each))
        .map((each) => ({ repository, digest: each, tag: beforeTag(number), isBefore: true })),
    ];
  });
}
