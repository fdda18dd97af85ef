import pMap from 'p-map';
import { hasErrorCode, ObjDockerError } from '../errors.ts';
import type { RequestOptions } from '../lib/http/request-options.ts';
import type { RecordState } from '../model/enums.ts';
import type { ReleaseInputs } from '../model/inputs.ts';
import type { ReleaseRecord } from '../model/release.ts';
import { findNewest } from './find-newest.ts';
import { decodeInputs, decodeRecord, inputsLayerOf, layerOf } from './record-manifest.ts';
import { endTag, lockTag, numberOfTag, voidTag } from './release-tags.ts';
import { readTag, type TagStore } from './store/tag-store.ts';

/** A record that the registry has. */
export interface StoredRecord {
  /** Of the record's manifest. */
  readonly digest: string;
  readonly record: ReleaseRecord;
}

export interface RecordWithState extends StoredRecord {
  readonly state: RecordState;
}

/** What is on record for a package. */
export interface History {
  /** The highest number; 0 when nothing is on record. */
  readonly newest: number;
  /** The digest that the tag of the highest number points to. */
  readonly newestDigest?: string;
  /** The record with the highest number; absent when it is to be ignored. */
  readonly latest?: RecordWithState;
  /** The highest record that is done: what it says is current, held and withdrawn. */
  readonly ended?: StoredRecord;
  /** The highest release or rollback that is done. */
  readonly released?: StoredRecord;
}

export interface ReleaseRecordsOptions {
  readonly store: TagStore;
  /** With the project: `axion/homechoice-releases`. */
  readonly repository: string;
  /** The name of the package. */
  readonly package: string;
  /** The numbers of records that somebody has looked at, and that are to be ignored. @default none */
  readonly ignored?: readonly number[] | undefined;
}

/** How many records are read at once. */
const CONCURRENCY = 8;

/** How many tags `ReleaseRecord.current` has at most. */
export const MOST_CURRENT_TAGS = 200;

/** The release records of a package. What it has read once, it keeps: a record never changes. */
export class ReleaseRecords {
  readonly repository: string;
  readonly #store: TagStore;
  readonly #package: string;
  readonly #ignored: ReadonlySet<number>;
  readonly #read = new Map<string, ReleaseRecord>();

  constructor({ store, repository, package: name, ignored = [] }: ReleaseRecordsOptions) {
    this.repository = repository;
    this.#store = store;
    this.#package = name;
    this.#ignored = new Set(ignored);
  }

  /** The reference of a record, for messages: `registry.example.com/axion/homechoice-releases:12`. */
  nameOf(number: number): string {
    return `${this.#store.host}/${this.repository}:${lockTag(number)}`;
  }

  /** The highest number that is locked; 0 when there is none. */
  async newest(options: RequestOptions): Promise<number> {
    const latest = await this.#store.latestTags(this.repository, options);
    if (latest?.length === 0) return 0;
    const hint = Math.max(0, ...(latest ?? []).map((tag) => numberOfTag(tag) ?? 0));
    return await findNewest(async (number) => (await this.digestOf(number, options)) !== undefined, hint);
  }

  /** The digest of a record; undefined when there is none with the number. */
  async digestOf(number: number, options: RequestOptions): Promise<string | undefined> {
    return await readTag(this.#store, this.repository, lockTag(number), options);
  }

  /**
   * @throws {ObjDockerError} RECORD_NOT_FOUND; RECORD_INVALID for a record that is damaged, that a newer version wrote, or that is
   * of another package
   */
  async read(number: number, options: RequestOptions): Promise<StoredRecord> {
    return await this.#readWith(number, undefined, options);
  }

  /** Keeps a record that was just stored, so that nobody has to read it. */
  remember({ digest, record }: StoredRecord): void {
    this.#read.set(digest, record);
  }

  /** As {@link read}, when the digest of the record is known. */
  async readAt(
    { number, digest }: { readonly number: number; readonly digest: string },
    options: RequestOptions,
  ): Promise<StoredRecord> {
    return await this.#readWith(number, digest, options);
  }

  /** @param known the digest that the tag of the record points to, when it was just read */
  async #readWith(number: number, known: string | undefined, options: RequestOptions): Promise<StoredRecord> {
    const digest = known ?? (await this.digestOf(number, options));
    if (digest !== undefined) return { digest, record: await this.#readAt(number, digest, options) };
    throw new ObjDockerError('RECORD_NOT_FOUND', `there is no release ${number} of ${this.#package}`, {
      hint: `List them: objdocker releases ${this.#package}. Somebody may have deleted ${this.nameOf(number)}.`,
    });
  }

  async readWithState(number: number, options: RequestOptions): Promise<RecordWithState> {
    const stored = await this.read(number, options);
    return { ...stored, state: await this.stateOf(stored, options) };
  }

  /** What the images of a release were made from; undefined where that is not kept. */
  async inputsOf({ digest }: StoredRecord, options: RequestOptions): Promise<ReleaseInputs | undefined> {
    const layer = inputsLayerOf(await this.#store.fetchManifest(this.repository, digest, options));
    if (layer === undefined) return undefined;
    try {
      return decodeInputs(await this.#store.fetchBlob(this.repository, layer, options));
    } catch (error) {
      // Only the names of what has changed are lost with it.
      if (!hasErrorCode(error, 'ARTIFACT_NOT_FOUND')) throw error;
      return undefined;
    }
  }

  /** Whether the promotion of a record has ended, and how. */
  async stateOf({ digest, record }: StoredRecord, options: RequestOptions): Promise<RecordState> {
    const end = await readTag(this.#store, this.repository, endTag(record.number), options);
    if (end === undefined) return 'open';
    if (end === digest) return 'done';
    return (await readTag(this.#store, this.repository, voidTag(record.number), options)) === undefined
      ? 'undoing'
      : 'undone';
  }

  /** The highest record, and the highest that is done. A number that is missing is skipped, and so is one to be ignored. */
  async history(options: RequestOptions): Promise<History> {
    const newest = await this.newest(options);
    if (newest === 0) return { newest };
    const newestDigest = await this.digestOf(newest, options);
    const found: { -readonly [Key in keyof History]: History[Key] } = {
      newest,
      ...(newestDigest === undefined ? {} : { newestDigest }),
    };
    for (let number = newest; number > 0 && found.ended === undefined; number--) {
      if (this.#ignored.has(number)) continue;
      const stored = await this.#readWith(number, number === newest ? newestDigest : undefined, options).catch(
        ifMissing,
      );
      if (stored === undefined) continue;
      const record = { ...stored, state: await this.stateOf(stored, options) };
      if (number === newest) found.latest = record;
      if (record.state === 'done') found.ended = { digest: record.digest, record: record.record };
    }
    const released = await this.#released(found.ended, options);
    return { ...found, ...(released === undefined ? {} : { released }) };
  }

  /** The latest release that a record names as current for some tag. */
  async #released(ended: StoredRecord | undefined, options: RequestOptions): Promise<StoredRecord | undefined> {
    if (ended === undefined || isRelease(ended.record)) return ended;
    const numbers = new Set(ended.record.current.map(({ number }) => number));
    for (const number of [...numbers].sort((a, b) => b - a)) {
      if (this.#ignored.has(number)) continue;
      const found = await this.read(number, options).catch(ifMissing);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The current release of a public tag; undefined when it has none. */
  async current({ ended }: History, tag: string, options: RequestOptions): Promise<StoredRecord | undefined> {
    if (ended === undefined) return undefined;
    const { current } = ended.record;
    const known = current.find((each) => each.tag === tag);
    if (known !== undefined) return known.number === ended.record.number ? ended : this.read(known.number, options);
    // The list of a record is complete unless it is full.
    if (current.length < MOST_CURRENT_TAGS) return undefined;
    for (let number = ended.record.number - 1; number > 0; number--) {
      if (this.#ignored.has(number)) continue;
      const record = await this.readWithState(number, options).catch(ifMissing);
      if (record?.state === 'done' && isRelease(record.record) && record.record.tags.includes(tag)) return record;
    }
    return undefined;
  }

  /**
   * The latest records, the newest first. One that cannot be read is given with the reason.
   *
   * @param limit how many
   */
  async list(
    { newest }: Pick<History, 'newest'>,
    limit: number,
    options: RequestOptions,
  ): Promise<readonly (RecordWithState | { readonly number: number; readonly error: ObjDockerError })[]> {
    const numbers = Array.from({ length: Math.min(limit, newest) }, (_, index) => newest - index);
    return await pMap(
      numbers,
      async (number) => {
        try {
          return await this.readWithState(number, options);
        } catch (error) {
          if (!hasErrorCode(error, 'RECORD_NOT_FOUND', 'RECORD_INVALID')) throw error;
          return { number, error };
        }
      },
      { concurrency: CONCURRENCY },
    );
  }

  async #readAt(number: number, digest: string, options: RequestOptions): Promise<ReleaseRecord> {
    const known = this.#read.get(digest);
    if (known !== undefined) return known;
    const manifest = await this.#store.fetchManifest(this.repository, digest, options);
    const layer = layerOf(manifest);
    if (layer === undefined) throw this.#invalid(number, 'it is damaged: it is not a release record');
    const record = decodeRecord(await this.#store.fetchBlob(this.repository, layer, options));
    if ('problem' in record) throw this.#invalid(number, record.problem);
    if (record.number !== number) throw this.#invalid(number, `it is damaged: it is record ${record.number}`);
    if (record.package !== this.#package) throw this.#invalid(number, `it is of the package ${record.package}`);
    this.#read.set(digest, record);
    return record;
  }

  #invalid(number: number, problem: string): ObjDockerError {
    return new ObjDockerError(
      'RECORD_INVALID',
      `release ${number} of ${this.#package} cannot be read: ${problem} (${this.nameOf(number)})`,
      {
        hint: `Nothing was changed. Look at that artifact; use the objdocker that wrote it, or go on without it: --ignore-record ${number}.`,
        details: { number },
      },
    );
  }
}

/** Whether a record can be the current release of a tag. */
export function isRelease({ kind }: Pick<ReleaseRecord, 'kind'>): boolean {
  return kind === 'release' || kind === 'rollback';
}

function ifMissing(error: unknown): undefined {
  if (!hasErrorCode(error, 'RECORD_NOT_FOUND')) throw error;
  return undefined;
}
