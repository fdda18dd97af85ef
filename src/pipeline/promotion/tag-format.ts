import { randomBytes } from 'node:crypto';

/** A tag that the pipeline made for itself: the staging tag of a run, or an entry of its promotion journal. */
export interface PipelineTag {
  /** The run's id, which is its staging tag. */
  readonly run: string;
  /** When the run started. */
  readonly time: Date;
  /** Absent for the staging tag. */
  readonly journal?: JournalTag;
}

/**
 * The part of a journal tag that says how its artifact relates to a public tag:
 *
 * - `from`: the public tag pointed to this artifact before the promotion.
 * - `to`: the promotion moves the public tag to this artifact.
 * - `new`: like `to`, for a public tag that did not exist.
 * - `undo`: like `from`, for a public tag that the undo deletes and creates again.
 */
export interface JournalTag {
  readonly role: (typeof JOURNAL_ROLES)[number];
  /** The public tag. */
  readonly tag: string;
}

const JOURNAL_ROLES = ['from', 'to', 'new', 'undo'] as const;

export const PIPELINE_TAG_PREFIX = 'objdocker-';

const FORM = /^(objdocker-(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z-[0-9a-f]{12})(?:\.(from|to|new|undo)\.(.+))?$/;

/** A tag has at most 128 characters, and a journal tag contains the public tag. */
export const MAX_PUBLIC_TAG_LENGTH = 128 - 'objdocker-20260531T081500Z-3f9a1c2b7d4e.from.'.length;

/** The staging tag of a new run, which is its id: `objdocker-20260531T081500Z-3f9a1c2b7d4e`. */
export function newStagingTag(now: Date): string {
  return `objdocker-${formatTime(now)}-${randomBytes(6).toString('hex')}`;
}

function formatTime(time: Date): string {
  return time.toISOString().replace(/[-:]|\.\d+/g, '');
}

/** `objdocker-20260531T081500Z-3f9a1c2b7d4e.from.1.4.0` */
export function formatJournalTag(run: string, { role, tag }: JournalTag): string {
  return `${run}.${role}.${tag}`;
}

/** Parses a tag; undefined when it is not exactly of the pipeline's form. */
export function parsePipelineTag(tag: string): PipelineTag | undefined {
  const match = FORM.exec(tag);
  if (match === null) return undefined;
  const [, run = '', year, month, day, hour, minute, second, found, publicTag] = match;
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // JavaScript reads 30 February as a day in March.
  if (Number.isNaN(time.getTime()) || !run.includes(formatTime(time))) return undefined;
  const role = JOURNAL_ROLES.find((each) => each === found);
  if (publicTag === undefined || role === undefined) return { run, time };
  return { run, time, journal: { role, tag: publicTag } };
}
