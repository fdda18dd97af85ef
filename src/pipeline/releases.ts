import type { Package } from '../config/package.ts';
import type { StoredRelease } from '../model/release.ts';
import { isRelease, type RecordWithState, type ReleaseRecords, type StoredRecord } from '../release/records.ts';
import type { PipelineDependencies, ReleasesOptions, UnreadableRelease } from './options.ts';
import { openRecords, openRunRegistry } from './run/open-registry.ts';
import { notOnRecord } from './run/release-session.ts';

/** How many releases are listed by default. */
const DEFAULT_LIMIT = 20;

/** The latest releases of a package; see ObjBuild.releases. */
export async function listReleases(
  pkg: Package,
  { limit = DEFAULT_LIMIT, signal }: ReleasesOptions,
  dependencies: PipelineDependencies,
): Promise<readonly (StoredRelease | UnreadableRelease)[]> {
  return await withRecords(pkg, { signal }, dependencies, async (records) => {
    const newest = await records.newest({ signal });
    const found = await records.list({ newest }, limit, { signal });
    const ended = found.find((each): each is RecordWithState => 'record' in each && each.state === 'done');
    return found.map((each) => ('record' in each ? describeRecord(each, ended) : each));
  });
}

/** One release of a package; see ObjBuild.release. */
export async function readRelease(
  pkg: Package,
  number: number,
  { signal }: ReleasesOptions,
  dependencies: PipelineDependencies,
): Promise<StoredRelease> {
  return await withRecords(pkg, { signal }, dependencies, async (records) => {
    const [found, history] = await Promise.all([
      records.readWithState(number, { signal }),
      records.history({ signal }),
    ]);
    return describeRecord(found, history.ended);
  });
}

/** The highest number on record; 0 when there is none. */
export async function newestRelease(
  pkg: Package,
  { environment, signal }: Pick<PipelineDependencies, 'environment'> & Pick<ReleasesOptions, 'signal'>,
): Promise<number> {
  return await withRecords(pkg, { signal }, { environment }, (records) => records.newest({ signal }));
}

/** A record with the tags of which it is the current release, as the last record that is done says. */
export function describeRecord(
  { digest, record, state }: RecordWithState,
  ended: StoredRecord | undefined,
): StoredRelease {
  const current = state === 'done' && isRelease(record) ? (ended?.record.current ?? []) : [];
  return {
    ...record,
    digest,
    state,
    currentFor: current.flatMap(({ tag, number }) => (number === record.number ? [tag] : [])),
  };
}

async function withRecords<T>(
  pkg: Package,
  { signal }: Pick<ReleasesOptions, 'signal'>,
  { environment }: Pick<PipelineDependencies, 'environment'>,
  work: (records: ReleaseRecords) => Promise<T>,
): Promise<T> {
  await using registry = await openRunRegistry({ pkg, environment, progress: { warn: () => {} }, signal });
  const records = openRecords(pkg, registry.store);
  if (records === undefined) throw notOnRecord(pkg);
  return await work(records);
}
