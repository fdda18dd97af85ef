import { ObjDockerError } from '../../errors.ts';
import { shortDigest } from '../../lib/text/words.ts';
import type { Recovery } from '../../model/pipeline-run.ts';
import type { ReleaseImage } from '../../release/new-record.ts';
import { encodeProbe } from '../../release/record-manifest.ts';
import type { History, StoredRecord } from '../../release/records.ts';
import type { TaggedArtifact } from '../../release/store/tag-store.ts';
import { correctTags } from '../promotion/correct.ts';
import { PROMOTION_DEADLINES } from '../promotion/deadlines.ts';
import { settle } from '../promotion/settle.ts';
import type { ReadyContext } from '../run/context.ts';
import type { EarlierReports } from '../run/earlier-reports.ts';
import { checkHold } from '../run/held.ts';
import { checkOlderCommit } from '../run/older-commit.ts';
import type { StageResult } from '../run/run-progress.ts';

/** What is released now. */
export interface ReleaseState {
  readonly history: History;
  /** The current release of each public tag, in their order. */
  readonly currents: readonly (StoredRecord | undefined)[];
  /** What each public tag must point to, by `repository:tag`; absent for one that must not exist. */
  readonly expected: ReadonlyMap<string, string>;
  /** What public tags point to, by `repository@digest`, as the registry has just described it. */
  readonly artifacts: ReadonlyMap<string, TaggedArtifact>;
  /** The references of the public tags that this run has moved back to what the current release says. */
  readonly reset: ReadonlySet<string>;
}

export interface RecoverStage extends StageResult {
  readonly released: ReleaseState;
}

/**
 * Finishes or undoes the release that an earlier run has left, then reads what is released.
 *
 * @throws {ObjDockerError} RELEASE_HELD; RELEASE_NEWER when the current release is of a later commit; RELEASE_TAG_MOVED when somebody has moved
 * a public tag by hand; RECORD_INVALID; RECORD_REFUSED by a registry that takes no records.
 */
export async function recoverEarlierRuns(
  context: ReadyContext,
  earlierReports: EarlierReports | undefined,
): Promise<RecoverStage> {
  const { progress, registry, records, signal } = context;
  const history = records === undefined ? { newest: 0 } : await settle(settling(context));
  if (records !== undefined && history.newest === 0)
    await registry.store.pushRecord(records.repository, encodeProbe(), { signal });
  const released = await readReleased(context, history);
  const { expected } = released;
  const digests = context.images.flatMap(({ reference, repository }) => {
    const digest = expected.get(`${repository}:${context.tag}`);
    return digest === undefined ? [] : [[reference, digest] as const];
  });
  await earlierReports?.read(new Map(digests));
  return { detail: detailOf(progress.recovered, history), released };
}

/** The options of {@link settle}, which reports through the run's record. */
export function settling(context: ReadyContext) {
  const { progress, registry, records, signal } = context;
  if (records === undefined) throw new Error('the releases of the package are not on record');
  return {
    store: registry.store,
    records,
    run: progress.run,
    deadlines: PROMOTION_DEADLINES,
    signal,
    onWaiting: (message: string) => void progress.emit({ type: 'waiting', message }),
    onRecovered: (recovery: Recovery) => progress.addRecovery(recovery),
    onWarning: (message: string) => progress.warn(message),
  };
}

/** Reads the current releases, and what the public tags point to. */
export async function readReleased(context: ReadyContext, found: History): Promise<ReleaseState> {
  const { pkg, tags, records, options, signal } = context;
  for (let history = found; ; ) {
    checkHold(history, pkg, options);
    const currents = await Promise.all(tags.map((tag) => records?.current(history, tag, { signal })));
    await checkOlderCommit(context, currents.find((current) => current !== undefined)?.record);
    const read = await readPublicTags(context, currents);
    const moved = read.filter(({ found, released }) => released !== undefined && found !== released);
    if (moved.length > 0 && records !== undefined && (await records.newest({ signal })) > history.newest) {
      // Another run has locked a release since this one has looked, and is moving its tags.
      history = await settle(settling(context));
      continue;
    }
    if (moved.length > 0 && options.movedTags === undefined) throw movedByHand(moved, context.tag);
    const isReset = options.movedTags === 'reset';
    if (moved.length > 0 && isReset) await reset(context, history.newest, moved);
    const references = isReset ? moved.map(({ reference }) => reference) : [];
    const expected = expectedTags(context, read, moved);
    return { history, currents, expected, artifacts: artifactsOf(read), reset: new Set(references) };
  }
}

export interface PublicTag {
  readonly repository: string;
  readonly tag: string;
  readonly reference: string;
  /** What it points to. */
  readonly found: string | undefined;
  readonly artifact: TaggedArtifact | undefined;
  /** What the current release says; undefined without one. */
  readonly released: string | undefined;
}

/** Reads what the public tags of all services point to. */
export async function readPublicTags(
  { repositories, tags, registry, signal }: ReadyContext,
  currents: readonly (StoredRecord | undefined)[],
): Promise<readonly PublicTag[]> {
  const { store } = registry;
  return await Promise.all(
    repositories.flatMap((repository) =>
      tags.map(async (tag, index): Promise<PublicTag> => {
        const artifact = await store.find(repository, tag, { signal });
        const released = currents[index]?.record.services.find((each) => each.repository === repository)?.digest;
        const reference = `${store.host}/${repository}:${tag}`;
        return { repository, tag, reference, found: artifact?.digest, artifact, released };
      }),
    ),
  );
}

/** By `repository@digest`. */
export function artifactsOf(read: readonly PublicTag[]): ReadonlyMap<string, TaggedArtifact> {
  return new Map(
    read.flatMap(({ repository, artifact }) =>
      artifact === undefined ? [] : [[`${repository}@${artifact.digest}`, artifact]],
    ),
  );
}

/** What the promotion compares the tags with, to detect that somebody else has moved one. */
export function expectedTags(
  { images, options, progress }: ReadyContext,
  read: readonly PublicTag[],
  moved: readonly PublicTag[],
): ReadonlyMap<string, string> {
  const ours = new Set(images.flatMap(({ publicTags }) => publicTags.map(({ reference }) => reference)));
  for (const { reference, found } of read)
    if (found !== undefined && ours.has(reference)) progress.updateTag(reference, { previous: found });
  return new Map(
    read.flatMap((each) => {
      const isReset = options.movedTags === 'reset' && moved.includes(each);
      const expected = isReset ? each.released : each.found;
      return expected === undefined ? [] : [[`${each.repository}:${each.tag}`, expected]];
    }),
  );
}

/** What ends a run that finds public tags elsewhere than the current release says. */
export function movedByHand(moved: readonly PublicTag[], tag: string): ObjDockerError {
  const names = moved.map(({ reference, found, released = '' }) => {
    const now = found === undefined ? 'does not exist' : `points to ${shortDigest(found)}`;
    return `${reference} ${now}, and the current release says ${shortDigest(released)}`;
  });
  return new ObjDockerError(
    'RELEASE_TAG_MOVED',
    `somebody has moved public tags since the last release: ${names.join('; ')}`,
    {
      hint: `Nothing was changed. To release on top of what is there: --adopt. To move them back to the release first: --reset. What is released: objdocker releases --tag ${tag}`,
      details: {
        moved: moved.map(({ reference, found, released }) => ({
          reference,
          ...(found === undefined ? {} : { found }),
          released,
        })),
      },
    },
  );
}

/** Moves public tags to what the current release says. */
async function reset(
  { registry, records, progress }: ReadyContext,
  number: number,
  moved: readonly PublicTag[],
): Promise<void> {
  if (records === undefined) return;
  const { store } = registry;
  const corrected = await correctTags(
    { store, records, number, deadlines: PROMOTION_DEADLINES },
    moved.map(({ repository, tag, reference, found, released = '' }) => ({
      move: { repository, tag, reference, from: released, to: released },
      written: found,
    })),
  );
  for (const reference of corrected) progress.warn(`${reference} was moved back to what the current release says`);
}

/** What a public tag of an image must point to. */
export function expectedOf({ expected }: ReleaseState) {
  return ({ repository }: ReleaseImage, tag: string): string | undefined => expected.get(`${repository}:${tag}`);
}

function detailOf(recovered: readonly Recovery[], { released }: History): string {
  const current = released === undefined ? 'no release yet' : `release ${released.record.number} is current`;
  if (recovered.length === 0) return current;
  return [...recovered.map(({ release, action }) => `release ${release} ${WORDS[action]}`), current].join('; ');
}

const WORDS: Readonly<Record<Recovery['action'], string>> = {
  finished: 'was finished',
  complete: 'had moved all its tags, and is recorded as done now',
  undone: 'was undone',
};
