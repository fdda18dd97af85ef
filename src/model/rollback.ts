import * as z from 'zod';
import type { ReadonlyOutput } from './common-schemas.ts';
import { releaseNumber, storedRelease } from './release.ts';
import { verdict } from './verdict.ts';

/** What a rollback did. */
export const rollbackReport = z.object({
  release: storedRelease.describe('the record of the rollback'),
  from: releaseNumber.describe('the release that was current'),
  to: releaseNumber.describe('the release whose images the public tags point to now'),
  kept: z
    .array(z.string())
    .describe('services that only the release before had: their public tags stay where they are'),
  verdict: verdict
    .exactOptional()
    .describe(
      "today's policy on the images that changed, by their newest reports; absent for a registry without scans",
    ),
  verdictBefore: verdict
    .exactOptional()
    .describe('the same for the images that they replaced; absent when all of those pass'),
  scans: z.array(z.string()).describe('the references of the images of which a scan was started afterwards'),
});

export type RollbackReport = ReadonlyOutput<typeof rollbackReport>;

/** What a promotion of a release did. */
export const promotedRelease = z.object({
  release: storedRelease.describe('the record of the promotion; the current one when nothing changed'),
  changed: z.boolean().describe('false when the public tags had these images already'),
  verdict: verdict.exactOptional().describe("today's policy on the images; absent for a registry without scans"),
});

export type PromotedRelease = ReadonlyOutput<typeof promotedRelease>;
