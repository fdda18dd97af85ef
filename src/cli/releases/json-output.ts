import * as z from 'zod';
import { error } from '../../model/common-schemas.ts';
import { releaseNumber, storedRelease } from '../../model/release.ts';

/** The JSON output of `releases` and `releases show`. */
export const RELEASE_JSON_OUTPUTS = {
  releases: z.object({
    items: z.array(storedRelease).describe('the newest first'),
    total: z.int().describe('the number of items'),
    unreadable: z
      .array(z.object({ number: releaseNumber, error }))
      .describe('records that are damaged, missing, or were written by a newer version'),
  }),
  'releases-show': storedRelease,
} as const;
