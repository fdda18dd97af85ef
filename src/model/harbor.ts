/** What Harbor holds, as plain data: repositories, artifacts and gc runs. The library returns it, and `--json` prints it. */
import * as z from 'zod';
import { bytes, digest, platform, type ReadonlyOutput, time } from './common-schemas.ts';
import { GC_STATES } from './enums.ts';
import { imageScan, scanState } from './scan-report.ts';

const count = z.int();

const fullRepository = z.string().describe('with the project');

const scanSummary = imageScan
  .pick({ state: true, counts: true, fixable: true, finished: true })
  .extend({ state: scanState.describe('of an index: the worst state of its platforms') });

const tag = z.object({ name: z.string(), immutable: z.boolean(), pushed: time });

const child = z.object({ digest, platform: platform.exactOptional().describe('absent for an attestation') });

const accessory = z.object({
  digest,
  type: z.string().describe('signature.cosign, sbom.harbor; subject.accessory for all others'),
  artifactType: z.string().exactOptional().describe('of a subject.accessory: application/spdx+json'),
  size: bytes,
});

export const harborArtifact = z.object({
  digest,
  type: z.string().describe("Harbor's type: IMAGE, CHART"),
  mediaType: z.string(),
  size: bytes.describe('bytes of all its blobs, compressed'),
  pushed: time.describe('ISO 8601, in UTC; pushing the artifact again does not change it'),
  pulled: time.exactOptional().describe('absent when it was never pulled'),
  tags: z.array(tag),
  children: z.array(child).exactOptional().describe('the images of an index'),
  platform: platform.exactOptional().describe('of a single image'),
  accessories: z.array(accessory).describe('signatures, SBOMs and other accessories'),
  scan: scanSummary.exactOptional(),
});

export const harborRepo = z.object({
  name: z.string().describe('without the project'),
  fullName: fullRepository,
  artifactCount: count,
  pullCount: count,
  created: time,
  updated: time.describe('last change of the repository; newest.pushed is the last push'),
  newest: harborArtifact.exactOptional().describe('the artifact that was pushed last; its scan with --scan'),
});

export const gcRun = z.object({
  id: z.int(),
  state: z.enum(GC_STATES),
  kind: z.enum(['manual', 'scheduled']),
  dryRun: z.boolean(),
  deleteUntagged: z.boolean(),
  workers: count.exactOptional(),
  freedBytes: bytes.exactOptional().describe('absent until the blobs are deleted'),
  purgedBlobs: count.exactOptional(),
  purgedManifests: count.exactOptional(),
  windowHours: z.number().exactOptional().describe('younger blobs are kept'),
  started: time,
  ended: time.exactOptional(),
  note: z.string().exactOptional().describe('explains the figures'),
});

export const startedGc = z.object({
  id: z.int(),
  attached: z.boolean().describe('a run with the same options was already running'),
});

export const startedScan = z.object({
  repository: fullRepository,
  reference: z.string().describe('a tag or digest'),
  started: z.boolean().describe('false when a scan was already queued or running'),
});

export const untagResult = z.object({
  repository: fullRepository,
  tag: z.string(),
  digest: digest.describe('of the artifact, which is kept'),
});

/** The scan of an artifact in short. For an index: the worst state and all findings of its platforms. */
export type ScanSummary = ReadonlyOutput<typeof scanSummary>;

/** A tag of an artifact; `pushed` is when it was moved there. */
export type Tag = ReadonlyOutput<typeof tag>;

/** An entry of an index. */
export type ArtifactChild = ReadonlyOutput<typeof child>;

/** A signature, an SBOM or the like that belongs to an artifact. */
export type Accessory = ReadonlyOutput<typeof accessory>;

/** An artifact, and what its scan says when that was asked for. */
export type HarborArtifact = ReadonlyOutput<typeof harborArtifact>;

/** A repository of a Harbor project; with its newest artifact when that was asked for, and when there is one that we may see. */
export type HarborRepo = ReadonlyOutput<typeof harborRepo>;

/** A gc run. It covers the whole Harbor. */
export type GcRun = ReadonlyOutput<typeof gcRun>;

/** A gc run that was started, or was running already with the same options. */
export type StartedGc = ReadonlyOutput<typeof startedGc>;

/** A scan that was started, or was queued or running already; its result counts then. */
export type StartedScan = ReadonlyOutput<typeof startedScan>;

/** A tag that was removed. */
export type UntagResult = ReadonlyOutput<typeof untagResult>;
