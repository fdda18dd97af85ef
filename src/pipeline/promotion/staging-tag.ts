import { randomBytes } from 'node:crypto';

/** What a tag of the pipeline's own form says. */
export interface StagingTag {
  /** The run's id, which is its staging tag. */
  readonly run: string;
  /** When the run began. */
  readonly time: Date;
  /** Of a note on a promotion; absent for the staging tag itself. */
  readonly note?: PromotionNote;
}

/**
 * A tag that notes, for the time of a promotion, what its artifact is to a public tag:
 *
 * - `from`: what the tag stood for; `to`: what it is to stand for.
 * - `new`: the same as `to`, of a tag that there was not.
 * - `back`: the same as `from`, of a tag that is taken off for a moment in order to be put back.
 */
export interface PromotionNote {
  readonly direction: (typeof DIRECTIONS)[number];
  readonly tag: string;
}

const DIRECTIONS = ['from', 'to', 'new', 'back'] as const;

/** What every tag of the pipeline's form begins with. */
export const STAGING_PREFIX = 'objdocker-';

const FORM = /^(objdocker-(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z-[0-9a-f]{12})(?:\.(from|to|new|back)\.(.+))?$/;

/** A registry's limit is 128 characters; the rest is what stands before the public tag in a note. */
export const LONGEST_PUBLIC_TAG = 128 - 'objdocker-20260531T081500Z-3f9a1c2b7d4e.from.'.length;

/** The staging tag of a new run, which is its id: `objdocker-20260531T081500Z-3f9a1c2b7d4e`. */
export function newStagingTag(now: Date): string {
  return `objdocker-${formatTime(now)}-${randomBytes(6).toString('hex')}`;
}

function formatTime(time: Date): string {
  return time.toISOString().replace(/[-:]|\.\d+/g, '');
}

/** The tag that notes what a public tag comes from, or goes to, in the promotion of a run. */
export function noteTag(run: string, { direction, tag }: PromotionNote): string {
  return `${run}.${direction}.${tag}`;
}

/** Reads a tag; undefined for one that is not exactly of the pipeline's form. */
export function readStagingTag(tag: string): StagingTag | undefined {
  const match = FORM.exec(tag);
  if (match === null) return undefined;
  const [, run = '', year, month, day, hour, minute, second, found, publicTag] = match;
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // 30 February would be a day in March.
  if (Number.isNaN(time.getTime()) || !run.includes(formatTime(time))) return undefined;
  const direction = DIRECTIONS.find((each) => each === found);
  if (publicTag === undefined || direction === undefined) return { run, time };
  return { run, time, note: { direction, tag: publicTag } };
}
