import { randomBytes } from 'node:crypto';

/** The staging tag of a run, which is the run's id. */
export interface StagingTag {
  readonly run: string;
  /** When the run started. */
  readonly time: Date;
}

export const STAGING_TAG_PREFIX = 'objdocker-';

const FORM = /^objdocker-(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z-[0-9a-f]{12}$/;

/** The staging tag of a new run, which is its id: `objdocker-20260531T081500Z-3f9a1c2b7d4e`. */
export function newStagingTag(now: Date): string {
  return `${STAGING_TAG_PREFIX}${formatTime(now)}-${randomBytes(6).toString('hex')}`;
}

/**
 * The staging tag of an image that was rebuilt because its release is rejected, and is rejected as well: of the day in UTC and the
 * inputs, so that later runs of the day evaluate that image and build no other.
 *
 * @param inputs the digest of its inputs
 */
export function rebuildTag(now: Date, inputs: string): string {
  const day = now.toISOString().slice(0, 10);
  return `${STAGING_TAG_PREFIX}${formatTime(new Date(`${day}T00:00:00Z`))}-${inputs.replace(/^\w+:/, '').slice(0, 12)}`;
}

function formatTime(time: Date): string {
  return time.toISOString().replace(/[-:]|\.\d+/g, '');
}

/** Parses a tag; undefined when it is not exactly a staging tag. */
export function parseStagingTag(tag: string): StagingTag | undefined {
  const match = FORM.exec(tag);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // JavaScript reads 30 February as a day in March.
  if (Number.isNaN(time.getTime()) || !tag.includes(formatTime(time))) return undefined;
  return { run: tag, time };
}
