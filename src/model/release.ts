/**
 * A release record as plain data: what was released, by whom, and what the promotion changes. It is stored in the package's own
 * registry, and it is the lock and the journal of its promotion.
 */
import * as z from 'zod';
import { bytes, digest, platform, type ReadonlyOutput, time } from './common-schemas.ts';
import { RECORD_KINDS, RECORD_SCHEMA_VERSION, RECORD_STATES } from './enums.ts';
import { runId } from './pipeline-run.ts';
import { severityCounts } from './scan-report.ts';
import { appliedPolicy, gateOutcome } from './verdict.ts';

export const releaseNumber = z.int().min(1).describe('1, 2, 3 … per package');

const releasedTag = z.object({
  tag: z.string().describe('the public tag'),
  before: digest.exactOptional().describe('what it pointed to before; absent when there was no such tag'),
  action: z.enum(['created', 'moved', 'unchanged']).describe('what the promotion does to it'),
});

const releasedPlatform = z.object({
  platform,
  digest,
  report: z
    .object({ id: z.string().exactOptional(), finished: time.exactOptional() })
    .exactOptional()
    .describe('the scan report that was evaluated'),
});

const releasedService = z.object({
  service: z.string().exactOptional().describe('absent for a package with a single image'),
  repository: z.string().describe('with the project: axion/meridian-api-homechoice'),
  digest,
  platforms: z.array(releasedPlatform),
  sizeBytes: bytes.exactOptional().describe('compressed, of all platforms'),
  revision: z.string().exactOptional().describe('the Git commit that the image was built from'),
  since: releaseNumber.describe('the first release with this image'),
  built: time.exactOptional().describe('when the image was built'),
  reusedFrom: releaseNumber
    .exactOptional()
    .describe('the release whose image this is, for a service that was not built'),
  inputs: digest.exactOptional().describe('over all that the image was made from; absent where that is not known'),
  earlier: z
    .array(z.object({ release: releaseNumber, inputs: digest, digest }))
    .exactOptional()
    .describe('the images of this service in the releases before, the latest first; at most 20'),
  carried: z.boolean().describe('true when the run left this service out, and its image is that of the release before'),
  tags: z.array(releasedTag),
  verdict: z.object({ outcome: gateOutcome, counts: severityCounts }).exactOptional().describe('absent without a scan'),
});

const actor = z.object({
  user: z.string().exactOptional().describe('the user name on the machine, or the actor that the CI service names'),
  host: z.string().exactOptional().describe('the host name of the machine'),
  ci: z.string().exactOptional().describe('the CI service: GitHub, GitLab, Jenkins, Gitea'),
  url: z.string().exactOptional().describe('the page of the CI job'),
});

const revision = z.object({
  commit: z.string(),
  committed: time.exactOptional().describe('the date of the committer'),
  dirty: z.boolean().describe('true when files had changed that were not committed'),
});

export const releaseHold = z
  .object({
    number: releaseNumber.describe('the record that set it: a hold or a rollback'),
    by: actor,
    created: time,
    reason: z.string().exactOptional(),
  })
  .describe('what stops the pipelines of the package until it is resumed');

const withdrawnImage = z.object({
  repository: z.string(),
  digest,
  inputs: digest.exactOptional().describe('what it was made from; absent where that is not known'),
  number: releaseNumber.describe('the rollback that has withdrawn it'),
});

export const releaseRecord = z.object({
  schemaVersion: z.int().describe(`${RECORD_SCHEMA_VERSION}`),
  number: releaseNumber,
  kind: z.enum(RECORD_KINDS).describe('only a release or a rollback can be the current release of a tag'),
  parent: digest.exactOptional().describe('of the record before; absent for the first'),
  run: runId,
  package: z.string(),
  created: time,
  by: actor.describe('who started the run, and where'),
  reason: z.string().exactOptional().describe('why, in the words of whoever did it'),
  target: releaseNumber
    .exactOptional()
    .describe(
      'the release whose images the public tags point to afterwards: of a rollback, or of a promotion without a build',
    ),
  forced: z.boolean().exactOptional().describe('true when the policy was against it'),
  revision: revision.exactOptional().describe('absent without Git'),
  policy: appliedPolicy.exactOptional().describe('the policy in config.yaml; absent without a scan'),
  database: time.exactOptional().describe("when the scanner's vulnerability database was updated"),
  tags: z.array(z.string()).describe('all public tags that this release moves'),
  services: z.array(releasedService),
  current: z
    .array(z.object({ tag: z.string(), number: releaseNumber }))
    .describe('the current release of each public tag once this record has ended, the latest first; at most 200'),
  held: releaseHold.exactOptional().describe('the hold once this record has ended; absent when there is none'),
  withdrawn: z
    .array(withdrawnImage)
    .exactOptional()
    .describe(
      'images that are not released again unless that is meant, once this record has ended, the latest first; at most 60',
    ),
});

export type ReleasedTag = ReadonlyOutput<typeof releasedTag>;

export type ReleasedPlatform = ReadonlyOutput<typeof releasedPlatform>;

export type ReleasedService = ReadonlyOutput<typeof releasedService>;

export type ReleaseActor = ReadonlyOutput<typeof actor>;

export type ReleaseRevision = ReadonlyOutput<typeof revision>;

export type ReleaseHold = ReadonlyOutput<typeof releaseHold>;

export type WithdrawnImage = ReadonlyOutput<typeof withdrawnImage>;

export type ReleaseRecord = ReadonlyOutput<typeof releaseRecord>;

export const storedRelease = releaseRecord.extend({
  digest: digest.describe('of the record itself'),
  state: z.enum(RECORD_STATES),
  currentFor: z.array(z.string()).describe('the public tags of which it is the current release'),
});

/** A record as the registry has it. */
export type StoredRelease = ReadonlyOutput<typeof storedRelease>;
