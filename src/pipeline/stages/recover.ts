import type { Recovery } from '../../model/pipeline-run.ts';
import { recover } from '../promotion/recover.ts';
import type { ReadyContext } from '../run/context.ts';
import type { EarlierReports } from '../run/earlier-reports.ts';
import type { StageResult } from '../run/run-record.ts';

export interface RecoverStage extends StageResult {
  /** What the existing public tags point to, by public reference. */
  readonly previous: ReadonlyMap<string, string>;
}

/** Finishes or undoes the promotions that earlier runs have left, then reads the public tags. */
export async function recoverEarlierRuns(
  context: ReadyContext,
  earlierReports: EarlierReports | undefined,
): Promise<RecoverStage> {
  const { pkg, environment, record, repositories, registry, signal } = context;
  const { store } = registry;
  const others = await store.repositoriesOf(pkg, { signal });
  const recovered = await recover(store, repositories, {
    formerRepositories: others.filter((name) => !repositories.includes(name)),
    onWarning: (message) => record.warn(message),
    signal,
    now: environment.now,
  });
  record.update({ recovered });
  for (const recovery of recovered) void record.emit({ type: 'recovered', recovery });
  const previous = await readPublicTags(context);
  await earlierReports?.read(previous);
  return { detail: detailOf(recovered), previous };
}

/** The promotion compares with these to detect that somebody else has moved a tag. */
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
      if (digest !== undefined) record.updateImage(reference, { previous: digest });
      return [reference, digest] as const;
    }),
  );
  return new Map(read.flatMap(([reference, digest]) => (digest === undefined ? [] : [[reference, digest]])));
}

function detailOf(recovered: readonly Recovery[]): string {
  if (recovered.length === 0) return 'no unfinished promotion';
  return recovered.map(({ run, action }) => `${run}: ${WORDS[action]}`).join('; ');
}

const WORDS: Readonly<Record<Recovery['action'], string>> = {
  finished: 'its promotion was finished',
  undone: 'its promotion was undone',
  complete: 'its promotion was complete',
  'not-started': 'its promotion had not started',
  superseded: 'somebody else has moved its tags since',
};
