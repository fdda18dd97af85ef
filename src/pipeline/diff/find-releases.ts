import { tagOf } from '../../config/image-name.ts';
import type { Package } from '../../config/package.ts';
import { hasErrorCode, ObjDockerError } from '../../errors.ts';
import { isRelease, type RecordWithState, type ReleaseRecords, type StoredRecord } from '../../release/records.ts';
import { requireRelease } from '../../release/require-release.ts';
import type { DiffOptions } from '../options.ts';

/** The two releases of a comparison. */
export interface FoundReleases {
  readonly from: RecordWithState;
  readonly to: RecordWithState;
}

type FindOptions = Pick<DiffOptions, 'from' | 'to' | 'tag' | 'signal'>;

/**
 * Finds the releases to compare. Of a public tag: the current release, and the one that was current before.
 *
 * @throws {ObjDockerError} RECORD_NOT_FOUND for a number that is not on record; RELEASE_NOT_FOUND
 */
export async function findReleases(
  pkg: Package,
  records: ReleaseRecords,
  { from, to, tag: named, signal }: FindOptions,
): Promise<FoundReleases> {
  const read = async (number: number): Promise<RecordWithState> => {
    const found = await records.readWithState(number, { signal });
    requireRelease(found.record);
    return found;
  };
  if (from !== undefined && to !== undefined) {
    const [first, second] = await Promise.all([read(from), read(to)]);
    return { from: first, to: second };
  }
  const tag = named ?? tagOf(pkg);
  const later = to === undefined ? await currentOf(pkg, records, tag, signal) : await read(to);
  const earlier =
    from === undefined ? await before(later.record.number, { pkg, records, tag, signal }) : await read(from);
  return { from: earlier, to: later };
}

async function currentOf(
  pkg: Package,
  records: ReleaseRecords,
  tag: string,
  signal: AbortSignal | undefined,
): Promise<RecordWithState> {
  const current = await records.current(await records.history({ signal }), tag, { signal });
  // The current release of a tag is one that is done.
  if (current !== undefined) return { ...current, state: 'done' };
  throw new ObjDockerError('RELEASE_NOT_FOUND', `${pkg.name} has no release with the public tag ${tag}`, {
    hint: `Name another one: --tag. List the releases: objdocker releases ${pkg.name}`,
  });
}

interface Before {
  readonly pkg: Package;
  readonly records: ReleaseRecords;
  readonly tag: string;
  readonly signal: AbortSignal | undefined;
}

/** The release that was current for the tag before a record: as the last record before it that is done says. */
async function before(number: number, { pkg, records, tag, signal }: Before): Promise<RecordWithState> {
  const ended = await lastDone(number - 1, records, signal);
  const found = ended && (await records.current({ newest: number - 1, ended }, tag, { signal }));
  if (found !== undefined && isRelease(found.record)) return { ...found, state: 'done' };
  throw new ObjDockerError(
    'RELEASE_NOT_FOUND',
    `${pkg.name} has no release with the public tag ${tag} before ${number}`,
    {
      hint: `Name the two releases: objdocker diff A ${number}. List them: objdocker releases ${pkg.name}`,
    },
  );
}

async function lastDone(
  newest: number,
  records: ReleaseRecords,
  signal: AbortSignal | undefined,
): Promise<StoredRecord | undefined> {
  for (let number = newest; number > 0; number--) {
    const found = await records.readWithState(number, { signal }).catch(ifMissing);
    if (found?.state === 'done') return found;
  }
  return undefined;
}

function ifMissing(error: unknown): undefined {
  if (!hasErrorCode(error, 'RECORD_NOT_FOUND')) throw error;
  return undefined;
}
