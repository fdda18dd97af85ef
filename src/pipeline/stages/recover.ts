import type { Recovery } from '../../model/pipeline-run.ts';
import { recover } from '../promotion/recover.ts';
import type { ReadyContext } from '../run/context.ts';
import type { KnownReports } from '../run/known-reports.ts';
import type { StageResult } from '../run/record.ts';

export interface RecoverStage extends StageResult {
  /** What the public tags stand for, by reference; those that there are. */
  readonly previous: ReadonlyMap<string, string>;
}

/** Finishes or restores what earlier runs have left, and reads what the public tags stand for then. */
export async function recoverEarlierRuns(
  context: ReadyContext,
  known: KnownReports | undefined,
): Promise<RecoverStage> {
  const { pkg, machine, record, repositories, registry, signal } = context;
  const { store } = registry;
  const others = await store.repositoriesOf(pkg.name, { signal });
  const recovered = await recover(store, repositories, {
    former: others.filter((name) => !repositories.includes(name)),
    onWarning: (message) => record.warn(message),
    signal,
    now: machine.environment.now,
  });
  record.note({ recovered });
  for (const recovery of recovered) void record.emit({ type: 'recovered', recovery });
  const previous = await readPublicTags(context);
  await known?.look(previous);
  return { detail: detailOf(recovered), previous };
}

/** A promotion finds out by these whether somebody else has moved a tag meanwhile. */
async function readPublicTags({
  images,
  tag,
  record,
  registry,
  signal,
}: ReadyContext): Promise<ReadonlyMap<string, string>> {
  const read = await Promise.all(
    images.map(async ({ reference, repository }) => {
      const digest = await registry.store.read(repository, tag, { signal });
      if (digest !== undefined) record.learn(reference, { previous: digest });
      return [reference, digest] as const;
    }),
  );
  return new Map(read.flatMap(([reference, digest]) => (digest === undefined ? [] : [[reference, digest]])));
}

function detailOf(recovered: readonly Recovery[]): string {
  if (recovered.length === 0) return 'no promotion was left half done';
  return recovered.map(({ run, action }) => `${run}: ${WORDS[action]}`).join('; ');
}

const WORDS: Readonly<Record<Recovery['action'], string>> = {
  finished: 'its promotion was finished',
  restored: 'its promotion was taken back',
  complete: 'its promotion was complete',
  'not-begun': 'its promotion had not begun',
  superseded: 'its tags have been moved since',
};
