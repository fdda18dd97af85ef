/** What an audit finds, as plain data. */
import * as z from 'zod';
import { day, digest, platform, type ReadonlyOutput, time } from './common-schemas.ts';
import { DIFFERENCE_KINDS, RECORD_KINDS } from './enums.ts';
import { publicReference } from './pipeline-run.ts';
import { releaseHold, releaseNumber } from './release.ts';
import { severityCounts } from './scan-report.ts';
import { gateOutcome, imageVerdict } from './verdict.ts';

const difference = z.object({
  kind: z.enum(DIFFERENCE_KINDS),
  service: z.string().exactOptional(),
  tag: z.string().exactOptional().describe('the public tag'),
  reference: publicReference.exactOptional(),
  message: z.string().describe('for display'),
});

const auditedImage = z.object({
  service: z.string().exactOptional().describe('absent for a package with a single image'),
  repository: z.string().describe('with the project'),
  digest,
  tags: z.array(z.string()).describe('the public tags that the current releases give it'),
  since: releaseNumber.describe('the first release with it'),
  revision: z.string().exactOptional(),
  built: time.exactOptional(),
  platforms: z.array(platform),
  verdict: imageVerdict.exactOptional().describe("today's policy on its newest report; absent without scans"),
});

const auditedTag = z.object({
  tag: z.string(),
  release: releaseNumber.describe('its current release'),
  released: time,
});

const earlierRelease = z.object({
  number: releaseNumber,
  kind: z.enum(RECORD_KINDS),
  created: time,
  tags: z.array(z.string()),
  outcome: gateOutcome.exactOptional().describe('the worst verdict when it was made; absent without a scan'),
  counts: severityCounts.describe('findings of all its images when it was made'),
});

const allowance = z.object({
  id: z.string(),
  reason: z.string(),
  until: day.exactOptional(),
});

export const auditedPackage = z.object({
  name: z.string(),
  host: z.string(),
  tags: z.array(auditedTag).describe('the public tags that were looked at, and have a release'),
  held: releaseHold.exactOptional(),
  images: z.array(auditedImage).describe('the images of the current releases'),
  database: time.exactOptional().describe("when the scanner's vulnerability database was updated"),
  allowances: z.array(allowance).describe('the allow-list of the policy'),
  releases: z.array(earlierRelease).describe('the latest releases that are done, the newest first'),
  differences: z.array(difference).describe('what is not as it should be'),
  unknown: z.array(z.string()).describe('for display: what could not be asked'),
});

export const auditReport = z.object({
  created: time,
  packages: z.array(auditedPackage),
});

export type Difference = ReadonlyOutput<typeof difference>;

export type AuditedImage = ReadonlyOutput<typeof auditedImage>;

export type EarlierRelease = ReadonlyOutput<typeof earlierRelease>;

export type AuditedPackage = ReadonlyOutput<typeof auditedPackage>;

export type AuditReport = ReadonlyOutput<typeof auditReport>;
