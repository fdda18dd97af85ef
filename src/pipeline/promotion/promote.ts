import pMap from 'p-map';
import { hasErrorCode, ObjDockerError } from '../../errors.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import { throwIfCancelled } from '../../lib/operation.ts';
import type { ReleaseInputs, ServiceInputs } from '../../model/inputs.ts';
import type { Promotion, Recovery, TagConflict } from '../../model/pipeline-run.ts';
import type { ReleaseRecord } from '../../model/release.ts';
import type { ManifestContent } from '../../registry/registry.ts';
import { isUnchanged, newRecord, type ReleaseImage, type ReleaseOrigin } from '../../release/new-record.ts';
import { type EncodedRecord, encodeRecord } from '../../release/record-manifest.ts';
import { type History, isRelease, type ReleaseRecords, type StoredRecord } from '../../release/records.ts';
import { lockTag } from '../../release/release-tags.ts';
import type { TaggedArtifact, TagStore } from '../../release/store/tag-store.ts';
import { abandon, type CarryOutOptions, carryOut, type FoundArtifact } from './carry-out.ts';
import { correctTags, type WrittenTag } from './correct.ts';
import { PROMOTION_DEADLINES, type PromotionDeadlines } from './deadlines.ts';
import { NO_GUARD, type ReleaseEnded, recordGuard } from './guard.ts';
import { CONCURRENCY, tagsOfRecord } from './moves.ts';
import { keepingTags, settle } from './settle.ts';

/** What to release, after a look at what is on record. */
export interface ReleasePlan {
  readonly history: History;
  /** The current release of each public tag, in their order. */
  readonly currents: readonly (StoredRecord | undefined)[];
  /** Those that were built, and those of the current release that are carried over. */
  readonly images: readonly ReleaseImage[];
  /** The tags of images that are known already: one that has its tag `release-<number>` is not asked for it. */
  readonly known?: readonly FoundArtifact[] | undefined;
  /** What a public tag must point to, unless it points to the image already. */
  readonly expected: (image: ReleaseImage, tag: string) => string | undefined;
}

export interface PromoteOptions {
  readonly store: TagStore;
  /** Undefined for a release that is not on record. */
  readonly records: ReleaseRecords | undefined;
  readonly origin: ReleaseOrigin;
  /** When the scanner's database was updated, ISO 8601, where `origin` does not say it. Called when there is something to release. */
  readonly database?: (() => Promise<string | undefined>) | undefined;
  /** What the images were made from, by repository. */
  readonly inputs?: ReadonlyMap<string, ServiceInputs> | undefined;
  readonly tags: readonly string[];
  readonly plan: ReleasePlan;
  /** Plans again, when another run has made a release meanwhile. */
  readonly replan: (history: History) => Promise<ReleasePlan>;
  readonly onLocked: (release: LockedRelease) => void;
  readonly onPromotion: (promoted: { reference: string; digest: string; promotion: Promotion }) => void;
  readonly onWaiting: (message: string) => void;
  readonly onRecovered: (recovery: Recovery) => void;
  readonly onWarning: (message: string) => void;
  /**
   * Aborted before the first tag moves, nothing is moved: CANCELLED. Aborted later, it shortens the deadlines to a few seconds, and
   * what has not moved by then leads to an undo.
   */
  readonly signal?: AbortSignal | undefined;
  /** @default PROMOTION_DEADLINES */
  readonly deadlines?: Partial<PromotionDeadlines> | undefined;
}

/** A release that holds its number. */
export interface LockedRelease {
  readonly number: number;
  /** Of the record. */
  readonly digest: string;
}

export interface Refusal {
  readonly image: ReleaseImage;
  readonly reason: string;
}

export type PromoteResult =
  /** `late`: tags that somebody else has moved since. */
  | {
      readonly kind: 'promoted';
      readonly promotions: ReadonlyMap<string, Promotion>;
      readonly moved: readonly string[];
      readonly late: readonly TagConflict[];
    }
  /** The current release has the same images, and all tags point to them. */
  | { readonly kind: 'unchanged'; readonly number: number }
  /** Somebody else moved a tag. Nothing was moved, or all moves were undone. */
  | { readonly kind: 'conflict'; readonly conflicts: readonly TagConflict[] }
  /** Nothing was moved: the registry's own policy refuses an image. */
  | { readonly kind: 'refused'; readonly refusals: readonly Refusal[] }
  /** Another machine has ended the release; `corrected` are the tags that this run had moved too late. */
  | { readonly kind: 'overtaken'; readonly end: ReleaseEnded['end']; readonly corrected: readonly string[] };

/**
 * Makes a release: moves the public tags, all or none. A tag that already points to its image is left alone, because Harbor would
 * scan it again. The record of the release is stored and locked first: if this process dies, the next run finishes the release.
 *
 * @throws {ObjDockerError} the first failure; `details.undone` and `details.notUndone` are the public references whose moves were,
 * and could not be, undone. TAG_IMMUTABLE before any change, when the registry tells it beforehand; what `replan` throws.
 */
export async function promote(options: PromoteOptions): Promise<PromoteResult> {
  const { store, records, signal, onPromotion } = options;
  const deadlines = { ...PROMOTION_DEADLINES, ...options.deadlines };
  const request = { signal, timeoutMs: deadlines.requestMs };
  let plan = options.plan;
  for (;;) {
    const prepared = await prepare(options, plan, request);
    const locked = 'kind' in prepared ? prepared : await lock({ ...options, deadlines }, prepared.record, request);
    if (records !== undefined && (await isOvertaken(records, plan, locked, request))) {
      plan = await options.replan(await settle({ ...options, records, run: options.origin.run, deadlines }));
      continue;
    }
    if ('kind' in prepared) return prepared;
    const { record, manifests, found } = prepared;
    const stored = typeof locked === 'object' && 'record' in locked ? locked : undefined;

    const promotions = new Map<string, Promotion>();
    const report: CarryOutOptions['onPromotion'] = ({ reference, to }, promotion) => {
      promotions.set(reference, promotion);
      onPromotion({ reference, digest: to, promotion });
    };
    const tags = tagsOfRecord(store.host, record);
    for (const move of tags.unchanged) report(move, 'unchanged', false);
    const guard =
      records === undefined || stored === undefined
        ? NO_GUARD
        : recordGuard({ store, repository: records.repository, stored, run: options.origin.run });
    const correct = async (written: readonly WrittenTag[]): Promise<readonly string[]> =>
      records === undefined ? [] : await correctTags({ store, records, number: record.number, deadlines }, written);
    const result = await carryOut({
      ...options,
      guard,
      correct,
      tags,
      keeping: stored === undefined ? [] : keepingTags(record, plan.currents),
      manifests,
      found,
      isOwn: true,
      deadlines,
      onPromotion: report,
    });
    if (result.kind === 'conflict') return result;
    if (result.kind === 'done') {
      const moved = result.moved.flatMap(({ from, reference }) => (from === undefined ? [] : [reference]));
      return { kind: 'promoted', promotions, moved, late: result.late };
    }
    const corrected = await correct(result.attempted.map((move) => ({ move, written: move.to })));
    // Another machine has moved the tags to the same images.
    const isNewest = records !== undefined && (await records.newest(request)) === record.number;
    if (result.end === 'done' && corrected.length === 0 && isNewest) {
      for (const move of tags.moves) report(move, move.from === undefined ? 'created' : 'moved', false);
      return { kind: 'promoted', promotions, moved: tags.moves.map(({ reference }) => reference), late: [] };
    }
    return { kind: 'overtaken', end: result.end, corrected };
  }
}

/** Whether another run has made a release since this one has looked. */
async function isOvertaken(
  records: ReleaseRecords,
  { history }: ReleasePlan,
  locked: StoredRecord | 'taken' | 'unrecorded' | { readonly kind: string },
  request: RequestOptions,
): Promise<boolean> {
  if (typeof locked === 'object' && 'kind' in locked)
    return locked.kind === 'conflict' && (await records.newest(request)) > history.newest;
  return locked === 'taken';
}

/** Looks at the public tags and at the images, and makes the record. Changes nothing. */
async function prepare(
  { store, origin, tags, ...options }: PromoteOptions,
  plan: ReleasePlan,
  request: RequestOptions,
): Promise<
  | Exclude<PromoteResult, { readonly kind: 'promoted' | 'overtaken' }>
  | {
      readonly record: ReleaseRecord;
      readonly manifests: ReadonlyMap<string, ManifestContent>;
      readonly found: readonly FoundArtifact[];
    }
> {
  const targets = plan.images.flatMap((image) => tags.map((tag) => ({ image, tag })));
  const found = await pMap(
    targets,
    async (target) => ({ ...target, found: await store.find(target.image.repository, target.tag, request) }),
    { concurrency: CONCURRENCY },
  );
  const conflicts = found.flatMap(({ image, tag, found }): TagConflict[] => {
    const expected = plan.expected(image, tag);
    if (found?.digest === image.digest || found?.digest === expected) return [];
    return [
      {
        reference: `${store.host}/${image.repository}:${tag}`,
        ...(expected === undefined ? {} : { expected }),
        ...(found === undefined ? {} : { found: found.digest }),
      },
    ];
  });
  if (conflicts.length > 0) return { kind: 'conflict', conflicts };
  checkImmutable(store, found);

  const record = newRecord({
    ...origin,
    history: plan.history,
    currents: plan.currents,
    tags,
    images: plan.images,
    found: (image, tag) => found.find((each) => each.image === image && each.tag === tag)?.found?.digest,
  });
  const { ended } = plan.history;
  if (options.records !== undefined && ended !== undefined && isRelease(record) && isUnchanged(record, plan.currents))
    return { kind: 'unchanged', number: plan.currents[0]?.record.number ?? ended.record.number };

  const fetched = await fetchManifests(store, plan.images, request);
  if ('refusals' in fetched) return { kind: 'refused', refusals: fetched.refusals };
  const database = await options.database?.();
  throwIfCancelled(options.signal);
  return {
    record: database === undefined ? record : { ...record, database },
    manifests: fetched.manifests,
    found: [...found.map(({ image, found }) => ({ repository: image.repository, found })), ...(plan.known ?? [])],
  };
}

/** @throws {ObjDockerError} TAG_IMMUTABLE when a rule of the registry forbids to move one of the tags. */
function checkImmutable(
  { host }: TagStore,
  found: readonly { readonly image: ReleaseImage; readonly tag: string; readonly found: TaggedArtifact | undefined }[],
): void {
  const references = found.flatMap(({ image, tag, found }) => {
    const isImmutable = found?.tags?.some(({ name, immutable }) => name === tag && immutable) === true;
    return isImmutable && found?.digest !== image.digest ? [`${host}/${image.repository}:${tag}`] : [];
  });
  if (references.length === 0) return;
  throw new ObjDockerError(
    'TAG_IMMUTABLE',
    `an immutability rule of the project forbids to move ${references.join(', ')}: nothing was promoted`,
    {
      hint: 'Release under a new tag (--tag, deployment.image.tag), or change the rule in Harbor (Policy, Tag Immutability).',
      details: { references },
    },
  );
}

/** Fetches the manifests of all images that were built, which the registry may refuse. */
async function fetchManifests(
  store: TagStore,
  images: readonly ReleaseImage[],
  options: RequestOptions,
): Promise<{ readonly manifests: ReadonlyMap<string, ManifestContent> } | { readonly refusals: readonly Refusal[] }> {
  const fetched = await pMap(
    images.filter(({ carried }) => !carried),
    async (image) => {
      try {
        return { image, manifest: await store.fetchManifest(image.repository, image.digest, options) };
      } catch (error) {
        if (!hasErrorCode(error, 'PULL_PREVENTED')) throw error;
        return { image, reason: error.message };
      }
    },
    { concurrency: CONCURRENCY },
  );
  const refusals = fetched.flatMap(({ image, reason }) => (reason === undefined ? [] : [{ image, reason }]));
  if (refusals.length > 0) return { refusals };
  return {
    manifests: new Map(
      fetched.flatMap(({ manifest }) => (manifest === undefined ? [] : [[manifest.digest, manifest]])),
    ),
  };
}

function inputsOf(
  { services }: ReleaseRecord,
  inputs: ReadonlyMap<string, ServiceInputs> | undefined,
): ReleaseInputs | undefined {
  const known = services.flatMap(({ repository }) => {
    const found = inputs?.get(repository);
    return found === undefined ? [] : [{ repository, inputs: found }];
  });
  return known.length === 0 ? undefined : { services: known };
}

/** How often a record is stored again that a gc has deleted before it was locked. */
const MOST_UPLOADS = 3;

/**
 * Stores a record and gives it its number.
 *
 * @returns `taken` when another run has that number
 */
async function lock(
  {
    store,
    records,
    origin,
    inputs,
    deadlines,
    signal,
    onLocked,
    onWarning,
  }: PromoteOptions & { readonly deadlines: PromotionDeadlines },
  record: ReleaseRecord,
  request: RequestOptions,
): Promise<StoredRecord | 'taken' | 'unrecorded'> {
  if (records === undefined) return 'unrecorded';
  const encoded: EncodedRecord = encodeRecord(record, inputsOf(record, inputs));
  const { digest } = encoded.manifest;
  for (let uploads = 1; ; uploads++) {
    await store.pushRecord(records.repository, encoded, request);
    try {
      await store.claim(records.repository, digest, lockTag(record.number), request);
      break;
    } catch (error) {
      if (hasErrorCode(error, 'TAG_EXISTS')) return 'taken';
      const isGone = hasErrorCode(error, 'ARTIFACT_NOT_FOUND', 'REPOSITORY_NOT_FOUND');
      if (isGone && uploads < MOST_UPLOADS) continue;
      // The registry may have taken a request without a response: the next run would finish the release.
      const guard = recordGuard({ store, repository: records.repository, stored: { digest, record }, run: origin.run });
      await abandon({ store, guard, deadlines, signal, onWarning }, error, (options) =>
        records.digestOf(record.number, options).then((holder) => holder === digest),
      );
      throw error;
    }
  }
  const stored = { digest, record };
  records.remember(stored);
  onLocked({ number: record.number, digest });
  return stored;
}
