import { RECORD_SCHEMA_VERSION, type RecordKind } from '../model/enums.ts';
import type {
  ReleaseActor,
  ReleasedService,
  ReleasedTag,
  ReleaseRecord,
  ReleaseRevision,
  WithdrawnImage,
} from '../model/release.ts';
import type { AppliedPolicy } from '../model/verdict.ts';
import { type History, MOST_CURRENT_TAGS, type StoredRecord } from './records.ts';

/** An image to release. */
export interface ReleaseImage extends Omit<ReleasedService, 'since' | 'tags' | 'earlier'> {
  /** @default the first release with it, when the current one has it, else this one */
  readonly since?: number;
}

/** What a record says about its run, and about why it was made. */
export interface ReleaseOrigin {
  /** @default 'release' */
  readonly kind?: RecordKind | undefined;
  readonly reason?: string | undefined;
  readonly target?: number | undefined;
  readonly forced?: boolean | undefined;
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
  /** The current releases of the public tags. */
  readonly currents: readonly (StoredRecord | undefined)[];
  readonly tags: readonly string[];
  readonly images: readonly ReleaseImage[];
  /** What a public tag points to now. */
  readonly found: (image: ReleaseImage, tag: string) => string | undefined;
}

/** The record that follows the history. */
export function newRecord(options: NewRecordOptions): ReleaseRecord {
  const { history, currents, tags, images, found, created, kind = 'release', by, run, package: name } = options;
  const number = history.newest + 1;
  const { revision, policy, database, reason, target, forced } = options;
  const services = images.map(
    (image): ReleasedService => ({
      ...image,
      since: image.since ?? sinceOf(image, currents) ?? number,
      ...earlierOf(image, history, Math.min(MOST_EARLIER, Math.floor(MOST_EARLIER_IN_ALL / images.length))),
      tags: tags.map((tag) => tagOf(tag, found(image, tag), image.digest)),
    }),
  );
  return {
    schemaVersion: RECORD_SCHEMA_VERSION,
    number,
    kind,
    ...(history.newestDigest === undefined ? {} : { parent: history.newestDigest }),
    run,
    package: name,
    created: created.toISOString(),
    by,
    ...(reason === undefined ? {} : { reason }),
    ...(target === undefined ? {} : { target }),
    ...(forced === true ? { forced } : {}),
    ...(revision === undefined ? {} : { revision }),
    ...(policy === undefined ? {} : { policy }),
    ...(database === undefined ? {} : { database }),
    tags: [...tags],
    services,
    current: currentAfter(history, tags, number),
    ...heldAfter(options, number),
    ...withdrawnAfter(options, services, number),
  };
}

/** A hold or a rollback holds the package, a resume ends that; everything else leaves it as it is. */
function heldAfter(
  { kind, history, by, created, reason }: NewRecordOptions,
  number: number,
): Pick<ReleaseRecord, 'held'> {
  if (kind === 'resume') return {};
  if (kind === 'hold' || kind === 'rollback')
    return { held: { number, by, created: created.toISOString(), ...(reason === undefined ? {} : { reason }) } };
  const held = history.ended?.record.held;
  return held === undefined ? {} : { held };
}

/** How many images a record names as withdrawn. */
const MOST_WITHDRAWN = 60;

/** A rollback withdraws the images that it leaves. One that is released again is no longer withdrawn. */
function withdrawnAfter(
  { kind, history, currents }: NewRecordOptions,
  services: readonly ReleasedService[],
  number: number,
): Pick<ReleaseRecord, 'withdrawn'> {
  const left = kind === 'rollback' ? currents.flatMap((current) => current?.record.services ?? []) : [];
  const all: readonly WithdrawnImage[] = [
    ...left.map(({ repository, digest, inputs }) => ({
      repository,
      digest,
      ...(inputs === undefined ? {} : { inputs }),
      number,
    })),
    ...(history.ended?.record.withdrawn ?? []),
  ];
  const isReleased = (image: WithdrawnImage): boolean => services.some((service) => isSameImage(service, image));
  const isFirst = (image: WithdrawnImage, index: number): boolean =>
    all.findIndex((each) => each.repository === image.repository && each.digest === image.digest) === index;
  const withdrawn = all.filter((image, index) => !isReleased(image) && isFirst(image, index)).slice(0, MOST_WITHDRAWN);
  return withdrawn.length === 0 ? {} : { withdrawn };
}

interface MadeImage {
  readonly repository: string;
  readonly digest?: string | undefined;
  readonly inputs?: string | undefined;
}

/** The entry that withdraws an image: the same one, or one that was made from the same. */
export function withdrawnImage({ ended }: Pick<History, 'ended'>, image: MadeImage): WithdrawnImage | undefined {
  return ended?.record.withdrawn?.find((each) => isSameImage(image, each));
}

function isSameImage(image: MadeImage, { repository, digest, inputs }: WithdrawnImage): boolean {
  return (
    image.repository === repository && (image.digest === digest || (inputs !== undefined && image.inputs === inputs))
  );
}

/** The first release with the image, when the current one has it, too. */
function sinceOf(
  { repository, digest }: ReleaseImage,
  currents: readonly (StoredRecord | undefined)[],
): number | undefined {
  const current = currents.find((each) => each !== undefined);
  return current?.record.services.find((each) => each.repository === repository && each.digest === digest)?.since;
}

/** How many releases a record remembers the images of. */
const MOST_EARLIER = 20;
/** A record has a limited size, which many services share. */
const MOST_EARLIER_IN_ALL = 120;

/** The images of a service in the releases before, so that a later run finds the one to reuse in one record. */
function earlierOf(
  { repository }: ReleaseImage,
  { released }: History,
  most: number,
): Pick<ReleasedService, 'earlier'> {
  const before = released?.record.services.find((each) => each.repository === repository);
  const found = before === undefined ? [] : releasesOf(before, released?.record.number ?? 0);
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
