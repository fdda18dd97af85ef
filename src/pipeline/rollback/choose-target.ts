import { tagsOf } from '../../config/image-name.ts';
import { hasErrorCode, ObjDockerError } from '../../errors.ts';
import { joinWords } from '../../lib/text/words.ts';
import type { ReleaseRecord } from '../../model/release.ts';
import { withdrawnImage } from '../../release/new-record.ts';
import { type History, isRelease, type StoredRecord } from '../../release/records.ts';
import { requireDone } from '../../release/require-release.ts';
import type { RollbackOptions } from '../options.ts';
import type { ReleaseSession } from '../run/release-session.ts';

/** The release to leave, the one to go back to, and the public tags that move. */
export interface RollbackTarget {
  readonly current: StoredRecord;
  readonly target: StoredRecord;
  /** Those that both list, and of which `current` is the current release. */
  readonly tags: readonly string[];
}

/**
 * Chooses the release to go back to.
 *
 * @throws {ObjDockerError} RELEASE_NOT_FOUND when there is none; RELEASE_WITHDRAWN for one that a rollback has left; USAGE for public
 * tags with different current releases; RECORD_NOT_FOUND, RECORD_INVALID
 */
export async function chooseTarget(
  session: ReleaseSession,
  history: History,
  options: RollbackOptions,
): Promise<RollbackTarget> {
  const { current, tags } = await findCurrent(session, history, options);
  const common = ({ tags: listed }: ReleaseRecord): readonly string[] => tags.filter((tag) => listed.includes(tag));
  if (options.to === undefined) {
    const target = await findBefore(session, { history, current, options, common });
    return { current, target, tags: common(target.record) };
  }
  const target = await readTarget(session, { history, current, options }, options.to);
  const moved = common(target.record);
  if (moved.length > 0) return { current, target, tags: moved };
  const { name } = session.pkg;
  throw new ObjDockerError(
    'RELEASE_NOT_FOUND',
    `release ${options.to} of ${name} does not list ${joinWords(tags, 'or')}: it lists ${joinWords(target.record.tags)}`,
    {
      hint: `A rollback moves only public tags that both releases list. To give it one of them: objdocker promote ${options.to} --tag ${tags[0]}`,
    },
  );
}

/** The current release of the public tags. */
async function findCurrent(
  { pkg, records, signal }: ReleaseSession,
  history: History,
  { tags: given }: RollbackOptions,
): Promise<{ readonly current: StoredRecord; readonly tags: readonly string[] }> {
  const wanted = [...new Set(given ?? tagsOf(pkg))];
  const found = await Promise.all(
    wanted.map(async (tag) => ({ tag, current: await records.current(history, tag, { signal }) })),
  );
  const currents = found.flatMap(({ current }) => current ?? []);
  const [first] = currents.toSorted((a, b) => b.record.number - a.record.number);
  if (first === undefined)
    throw new ObjDockerError(
      'RELEASE_NOT_FOUND',
      `${pkg.name} has no release with the tag ${joinWords(wanted, 'or')}`,
      {
        hint: `What is released: objdocker releases ${pkg.name}`,
      },
    );
  const isFirst = (each: StoredRecord | undefined): boolean => each?.digest === first.digest;
  if (given !== undefined && !found.every(({ current }) => isFirst(current))) {
    const texts = found.map(({ tag, current }) => `${tag}: ${current?.record.number ?? 'none'}`);
    throw new ObjDockerError('USAGE', `the public tags have different current releases: ${texts.join(', ')}`, {
      hint: 'Go back with one after the other.',
    });
  }
  return { current: first, tags: found.filter(({ current }) => isFirst(current)).map(({ tag }) => tag) };
}

interface Search {
  readonly history: History;
  readonly current: StoredRecord;
  readonly options: RollbackOptions;
}

/** The last release before the current one with a public tag of it and other images, of which none is withdrawn. */
async function findBefore(
  { pkg, records, signal }: ReleaseSession,
  { history, current, options, common }: Search & { readonly common: (record: ReleaseRecord) => readonly string[] },
): Promise<StoredRecord> {
  for (let number = current.record.number - 1; number > 0; number--) {
    if (options.ignoredRecords?.includes(number)) continue;
    let found: StoredRecord;
    try {
      found = await records.read(number, { signal });
    } catch (error) {
      if (!hasErrorCode(error, 'RECORD_NOT_FOUND')) throw error;
      continue;
    }
    const { record } = found;
    const isCandidate =
      isRelease(record) &&
      common(record).length > 0 &&
      !hasSameImages(record, current.record, options) &&
      (options.releaseWithdrawn === true || !isWithdrawn(history, record, options));
    if (isCandidate && (await records.stateOf(found, { signal })) === 'done') return found;
  }
  throw new ObjDockerError(
    'RELEASE_NOT_FOUND',
    `there is no release of ${pkg.name} before release ${current.record.number} to go back to`,
    {
      hint: `Only releases count that list the same public tag, have other images, and were not withdrawn. All of them: objdocker releases ${pkg.name} --limit 100. One that was withdrawn: --to NUMBER --release-withdrawn`,
    },
  );
}

async function readTarget(
  { pkg, records, signal }: ReleaseSession,
  { history, current, options }: Search,
  number: number,
): Promise<StoredRecord> {
  const found = await records.readWithState(number, { signal });
  requireDone(found);
  if (hasSameImages(found.record, current.record, options))
    throw new ObjDockerError(
      'RELEASE_NOT_FOUND',
      `release ${current.record.number} of ${pkg.name}, which is current, has the images of release ${number} already`,
      { hint: `What is released: objdocker releases ${pkg.name}` },
    );
  if (options.releaseWithdrawn === true || !isWithdrawn(history, found.record, options)) return found;
  throw new ObjDockerError('RELEASE_WITHDRAWN', `a rollback of ${pkg.name} has withdrawn images of release ${number}`, {
    hint: `To go back to it all the same: --release-withdrawn. Which rollback, and why: objdocker releases ${pkg.name}`,
  });
}

function servicesOf({ services }: ReleaseRecord, { services: wanted }: RollbackOptions): ReleaseRecord['services'] {
  return wanted === undefined ? services : services.filter(({ service = '' }) => wanted.includes(service));
}

/** Whether a release has no image that the current one has not. */
function hasSameImages(record: ReleaseRecord, current: ReleaseRecord, options: RollbackOptions): boolean {
  return servicesOf(record, options).every(({ repository, digest }) =>
    current.services.some((each) => each.repository === repository && each.digest === digest),
  );
}

function isWithdrawn(history: History, record: ReleaseRecord, options: RollbackOptions): boolean {
  return servicesOf(record, options).some((service) => withdrawnImage(history, service) !== undefined);
}
