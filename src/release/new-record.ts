import { RECORD_SCHEMA_VERSION } from '../model/enums.ts';
import type { ReleaseActor, ReleasedService, ReleasedTag, ReleaseRecord, ReleaseRevision } from '../model/release.ts';
import type { AppliedPolicy } from '../model/verdict.ts';
import { type History, MOST_CURRENT_TAGS, type StoredRecord } from './records.ts';

/** An image to release. */
export type ReleaseImage = Omit<ReleasedService, 'since' | 'tags' | 'earlier'>;

/** What a record says about its run. */
export interface ReleaseOrigin {
  readonly run: string;
  readonly package: string;
  readonly created: Date;
  readonly by: ReleaseActor;
  readonly revision?: ReleaseRevision | undefined;
  readonly policy?: AppliedPolicy | undefined;
  readonly database?: string | undefined;
}

export interface NewRecordOptions extends ReleaseOrigin {
  readonly history: History;
  /** The current release of the public tags, the first that there is. */
  readonly current: StoredRecord | undefined;
  readonly tags: readonly string[];
  readonly images: readonly ReleaseImage[];
  /** What a public tag points to now. */
  readonly found: (image: ReleaseImage, tag: string) => string | undefined;
}

/** The record that follows the history. */
export function newRecord(options: NewRecordOptions): ReleaseRecord {
  const { history, current, tags, images, found, created, revision, policy, database, ...origin } = options;
  const number = history.newest + 1;
  return {
    schemaVersion: RECORD_SCHEMA_VERSION,
    number,
    kind: 'release',
    ...(history.newestDigest === undefined ? {} : { parent: history.newestDigest }),
    run: origin.run,
    package: origin.package,
    created: created.toISOString(),
    by: origin.by,
    ...(revision === undefined ? {} : { revision }),
    ...(policy === undefined ? {} : { policy }),
    ...(database === undefined ? {} : { database }),
    tags: [...tags],
    services: images.map((image) => ({
      ...image,
      since: sinceOf(image, current) ?? number,
      ...earlierOf(image, history, Math.min(MOST_EARLIER, Math.floor(MOST_EARLIER_IN_ALL / images.length))),
      tags: tags.map((tag) => tagOf(tag, found(image, tag), image.digest)),
    })),
    current: currentAfter(history, tags, number),
  };
}

/** The first release with the image, when the current one has it, too. */
function sinceOf({ repository, digest }: ReleaseImage, current: StoredRecord | undefined): number | undefined {
  return current?.record.services.find((each) => each.repository === repository && each.digest === digest)?.since;
}

/** How many releases a record remembers the images of. */
const MOST_EARLIER = 20;
/** A record has a limited size, which many services share. */
const MOST_EARLIER_IN_ALL = 120;

/** The images of a service in the releases before, so that a later run finds the one to reuse in one record. */
function earlierOf({ repository }: ReleaseImage, { ended }: History, most: number): Pick<ReleasedService, 'earlier'> {
  const before = ended?.record.services.find((each) => each.repository === repository);
  const found = before === undefined ? [] : releasesOf(before, ended?.record.number ?? 0);
  return found.length === 0 || most === 0 ? {} : { earlier: found.slice(0, most) };
}

/** The image of a service in a release and in those before, as far as their inputs are known. */
export function releasesOf(
  { digest, inputs, earlier = [] }: ReleasedService,
  release: number,
): NonNullable<ReleasedService['earlier']> {
  return inputs === undefined ? earlier : [{ release, inputs, digest }, ...earlier];
}

function tagOf(tag: string, before: string | undefined, digest: string): ReleasedTag {
  if (before === undefined) return { tag, action: 'created' };
  return { tag, before, action: before === digest ? 'unchanged' : 'moved' };
}

function currentAfter({ ended }: History, tags: readonly string[], number: number): ReleaseRecord['current'] {
  const others = (ended?.record.current ?? []).filter(({ tag }) => !tags.includes(tag));
  return [...tags.map((tag) => ({ tag, number })), ...others].slice(0, MOST_CURRENT_TAGS);
}

/** Whether a record would change nothing: the tags point to its images, and are on record with them. */
export function isUnchanged(record: ReleaseRecord, currents: readonly (StoredRecord | undefined)[]): boolean {
  const isSame = ({ repository, digest, inputs, built }: ReleasedService, { record: current }: StoredRecord): boolean =>
    current.services.some(
      (each) =>
        each.repository === repository &&
        each.digest === digest &&
        // Other inputs that make the same image are worth a record: the next run has to find them.
        (inputs === undefined || (each.inputs === inputs && each.built === built)),
    );
  return (
    record.services.every(({ tags }) => tags.every(({ action }) => action === 'unchanged')) &&
    currents.every(
      (current) =>
        current !== undefined &&
        current.record.services.length === record.services.length &&
        record.services.every((service) => isSame(service, current)),
    )
  );
}
