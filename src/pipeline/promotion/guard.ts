import { hasErrorCode } from '../../errors.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import { encodeUndo } from '../../release/record-manifest.ts';
import type { StoredRecord } from '../../release/records.ts';
import { endTag, lockTag, voidTag } from '../../release/release-tags.ts';
import { readTag, type TagStore } from '../../release/store/tag-store.ts';

/** Somebody else has ended the release, or has its number. */
export class ReleaseEnded extends Error {
  override readonly name = 'ReleaseEnded';
  /** `done`: all its tags were moved; `undone`: they go back; `lost`: the number belongs to another record. */
  readonly end: 'done' | 'undone' | 'lost';

  constructor(end: ReleaseEnded['end']) {
    super(`the release has ended: ${end}`);
    this.end = end;
  }
}

/**
 * What a release asks and writes around its moves: whether it may go on, and how it ended. The end is decided once, by the tag
 * `<number>.end`, whoever makes it.
 */
export interface ReleaseGuard {
  /** @throws {ReleaseEnded} */
  check(options: RequestOptions): Promise<void>;
  /** Records that all tags were moved. @throws {ReleaseEnded} when it was undone */
  endDone(options: RequestOptions): Promise<void>;
  /** Records that the moves are undone, before the first one is. @throws {ReleaseEnded} when it is done */
  endUndone(reason: string, options: RequestOptions): Promise<void>;
  /** Records that all tags are back. */
  endUndo(options: RequestOptions): Promise<void>;
}

/** The guard of a release without a record. */
export const NO_GUARD: ReleaseGuard = {
  check: async () => {},
  endDone: async () => {},
  endUndone: async () => {},
  endUndo: async () => {},
};

export interface GuardOptions {
  readonly store: TagStore;
  /** Of the records. */
  readonly repository: string;
  readonly stored: StoredRecord;
  /** The run that carries the release out. */
  readonly run: string;
}

/** The guard of a release that holds its number. */
export function recordGuard({ store, repository, stored, run }: GuardOptions): ReleaseGuard {
  const { digest, record } = stored;
  const end = endTag(record.number);

  const endedAs = (found: string | undefined): ReleaseEnded['end'] | undefined =>
    found === undefined ? undefined : found === digest ? 'done' : 'undone';

  const claimEnd = async (target: string, wanted: 'done' | 'undone', options: RequestOptions): Promise<void> => {
    try {
      await store.claim(repository, target, end, options);
    } catch (error) {
      if (!hasErrorCode(error, 'TAG_EXISTS')) throw error;
      const found = endedAs(asDigest(error.details.digest));
      if (found !== undefined && found !== wanted) throw new ReleaseEnded(found);
    }
  };

  const check = async (options: RequestOptions): Promise<void> => {
    const [ended, holder] = await Promise.all([
      readTag(store, repository, end, options),
      // Where the registry does not decide a claim, another run may have taken the number since.
      store.claimsAreFinal ? digest : readTag(store, repository, lockTag(record.number), options),
    ]);
    if (holder !== digest) throw new ReleaseEnded('lost');
    const found = endedAs(ended);
    if (found !== undefined) throw new ReleaseEnded(found);
  };

  return {
    check: shareLooks(check),
    endDone: (options) => claimEnd(digest, 'done', options),
    async endUndone(reason, options) {
      const note = { number: record.number, package: record.package, record: digest, run, reason };
      const undo = encodeUndo(note);
      await store.pushRecord(repository, undo, options);
      await claimEnd(undo.manifest.digest, 'undone', options);
    },
    async endUndo(options) {
      const target = await readTag(store, repository, end, options);
      if (target !== undefined) await store.create(repository, target, voidTag(record.number), options);
    },
  };
}

/**
 * Lets moves that look at the same moment share one look. A look that has been sent already is not shared: it may have been answered
 * before the move whose effect it is to see.
 */
function shareLooks(look: (options: RequestOptions) => Promise<void>): (options: RequestOptions) => Promise<void> {
  let gathering: Promise<void> | undefined;
  return (options) => {
    gathering ??= Promise.resolve().then(() => {
      gathering = undefined;
      return look(options);
    });
    return gathering;
  };
}

function asDigest(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
