import type { Package } from '../../config/package.ts';
import { ObjDockerError } from '../../errors.ts';
import type { Environment } from '../../lib/environment.ts';
import { joinWords, shortDigest } from '../../lib/text/words.ts';
import type { Recovery, TagConflict } from '../../model/pipeline-run.ts';
import { describeActor } from '../../release/actor.ts';
import type { ReleaseOrigin } from '../../release/new-record.ts';
import type { History, ReleaseRecords, StoredRecord } from '../../release/records.ts';
import { newStagingTag } from '../../release/staging-tag.ts';
import type { PipelineEvent } from '../events.ts';
import type { PipelineDependencies } from '../options.ts';
import { PROMOTION_DEADLINES } from '../promotion/deadlines.ts';
import { type LockedRelease, type PromoteResult, promote, type ReleasePlan } from '../promotion/promote.ts';
import { settle } from '../promotion/settle.ts';
import { acquireLock } from './lock.ts';
import { type OpenedRegistry, openRecords, openRunRegistry } from './open-registry.ts';

/** What a command works with that makes a release record without a build. */
export interface ReleaseSession {
  readonly pkg: Package;
  readonly environment: Environment;
  readonly registry: OpenedRegistry;
  readonly records: ReleaseRecords;
  /** The id of the run. */
  readonly run: string;
  readonly emit: (event: PipelineEvent) => void;
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
}

export interface SessionOptions {
  readonly ignoredRecords?: readonly number[] | undefined;
  readonly emit: (event: PipelineEvent) => void;
  readonly signal: AbortSignal;
}

/**
 * Opens the registry and the records of a package. Other runs of the package on this machine wait until the work is done.
 *
 * @throws {ObjDockerError} RECORD_NOT_FOUND for a package whose releases are not on record
 */
export async function withReleaseSession<T>(
  pkg: Package,
  { ignoredRecords, emit, signal }: SessionOptions,
  { environment }: PipelineDependencies,
  work: (session: ReleaseSession) => Promise<T>,
): Promise<T> {
  const run = newStagingTag(environment.now());
  const warn = (message: string): void => emit({ type: 'warning', message });
  await using _lock = await acquireLock([pkg.registry.url, pkg.registry.project ?? '', pkg.name], {
    run,
    temp: environment.temp,
    signal,
    onWaiting: (message) => emit({ type: 'waiting', message }),
  });
  await using registry = await openRunRegistry({ pkg, environment, progress: { warn }, signal });
  const records = openRecords(pkg, registry.store, ignoredRecords);
  if (records === undefined) throw notOnRecord(pkg);
  return await work({ pkg, environment, registry, records, run, emit, warn, signal });
}

/** The error for a package whose releases are not on record. */
export function notOnRecord({ name, configFile }: Package): ObjDockerError {
  return new ObjDockerError('RECORD_NOT_FOUND', `the releases of ${name} are not on record`, {
    hint: `${configFile} sets ${name}.deployment.release.record to false.`,
  });
}

/** Finishes or undoes what an earlier run has left, and reads what is on record. */
export async function settleReleases(session: ReleaseSession): Promise<History> {
  return await settle(settlingOf(session));
}

function settlingOf({ registry, records, run, emit, warn, signal }: ReleaseSession) {
  return {
    store: registry.store,
    records,
    run,
    deadlines: PROMOTION_DEADLINES,
    signal,
    onWaiting: (message: string) => emit({ type: 'waiting', message }),
    onRecovered: (recovery: Recovery) => emit({ type: 'recovered', recovery }),
    onWarning: warn,
  };
}

export type RecordOrigin = Pick<
  ReleaseOrigin,
  'kind' | 'reason' | 'target' | 'forced' | 'revision' | 'policy' | 'database'
>;

export interface MakeRecordOptions {
  readonly origin: RecordOrigin;
  readonly tags: readonly string[];
  readonly plan: ReleasePlan;
  /** Plans again, when another run has made a record meanwhile. */
  readonly replan: (history: History) => Promise<ReleasePlan>;
}

/**
 * Makes a record, and moves the public tags to its images, all or none. Undefined when nothing would change.
 *
 * @throws {ObjDockerError} RELEASE_TAG_MOVED when somebody else moves a tag meanwhile, PULL_PREVENTED when the registry refuses an
 * image, RELEASE_OVERTAKEN when another machine ended it; what `promote` throws.
 */
export async function makeRecord(
  session: ReleaseSession,
  { origin, tags, plan, replan }: MakeRecordOptions,
): Promise<StoredRecord | undefined> {
  const { pkg, environment, registry, records, run, emit, signal } = session;
  let locked: LockedRelease | undefined;
  const result = await promote({
    ...settlingOf(session),
    origin: {
      ...origin,
      run,
      package: pkg.name,
      created: environment.now(),
      by: describeActor(environment.env, environment.machine()),
    },
    tags,
    plan,
    replan,
    onLocked(release) {
      locked = release;
      emit({ type: 'release', ...release });
    },
    onPromotion: (promotion) => emit({ type: 'promotion', ...promotion }),
    signal,
  });
  switch (result.kind) {
    case 'unchanged':
      return undefined;
    case 'conflict':
      throw locked === undefined
        ? movedBefore(result.conflicts)
        : movedMeanwhile(result.conflicts, 'nothing was moved');
    case 'refused':
      throw refused(registry.store.host, result);
    case 'overtaken':
      throw overtaken(pkg, locked?.number, result);
    case 'promoted': {
      if (result.late.length > 0) throw movedMeanwhile(result.late, 'right after this had moved it');
      if (locked === undefined) throw new Error('the record has no number');
      return await records.readAt(locked, { signal });
    }
  }
}

function movedBefore(conflicts: readonly TagConflict[]): ObjDockerError {
  const names = conflicts.map(({ reference, expected, found }) => {
    const now = found === undefined ? 'does not exist' : `points to ${shortDigest(found)}`;
    return `${reference} ${now}, ${expected === undefined ? 'and no release has it' : `and its release says ${shortDigest(expected)}`}`;
  });
  return new ObjDockerError('RELEASE_TAG_MOVED', `somebody has moved public tags by hand: ${names.join('; ')}`, {
    hint: 'Nothing was changed. To go on on top of what is there: --adopt.',
    details: { conflicts },
  });
}

function movedMeanwhile(conflicts: readonly TagConflict[], when: string): ObjDockerError {
  const names = joinWords(conflicts.map(({ reference }) => reference));
  return new ObjDockerError('RELEASE_TAG_MOVED', `somebody else moved ${names} meanwhile: ${when}`, {
    hint: 'Look at what is there now, and repeat the command.',
    details: { conflicts },
  });
}

function refused(host: string, { refusals }: PromoteResult & { readonly kind: 'refused' }): ObjDockerError {
  const texts = refusals.map(({ image, reason }) => `${host}/${image.repository}@${image.digest}: ${reason}`);
  return new ObjDockerError(
    'PULL_PREVENTED',
    `the registry refuses images, so that nothing was moved: ${texts.join('; ')}`,
    {
      hint: "Nodes could not pull them either. Change the project's policy in Harbor (Configuration), or choose another release.",
    },
  );
}

function overtaken(
  { name }: Package,
  number: number | undefined,
  { end, corrected }: PromoteResult & { readonly kind: 'overtaken' },
): ObjDockerError {
  const what = {
    done: 'was finished by another machine, and a newer one was made since',
    undone: 'was undone by another machine',
    lost: 'is of another run, which took the same number',
  }[end];
  const moved = corrected.length === 0 ? '' : `; ${joinWords(corrected)} points to what the newest release says again`;
  return new ObjDockerError('RELEASE_OVERTAKEN', `release ${number ?? ''} of ${name} ${what}${moved}`, {
    hint: `What is on record: objdocker releases ${name}`,
  });
}
