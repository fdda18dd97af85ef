import * as z from 'zod';
import { bytes, digest, platform, time } from '../../model/common-schemas.ts';
import { scanReport, scanState, severityCounts } from '../../model/scan-report.ts';
import { total } from '../framework/json-output.ts';

const count = z.int();

const scanSummary = z.object({
  state: scanState.describe('of an index: the worst state of its platforms'),
  counts: severityCounts,
  fixable: count.describe('findings with a fix'),
  finished: time.optional(),
});

const artifact = z.object({
  digest,
  type: z.string().describe("Harbor's type: IMAGE, CHART"),
  mediaType: z.string(),
  size: bytes,
  pushed: time,
  pulled: time.optional().describe('absent when it was never pulled'),
  tags: z.array(z.object({ name: z.string(), immutable: z.boolean(), pushed: time })),
  children: z
    .array(z.object({ digest, platform: platform.optional().describe('absent for an attestation') }))
    .optional()
    .describe('the images of an index'),
  platform: platform.optional().describe('of a single image'),
  accessories: z
    .array(z.object({ digest, type: z.string().describe('signature.cosign, sbom.harbor'), size: bytes }))
    .describe('signatures, SBOMs and other accessories'),
  scan: scanSummary.optional(),
});

const repository = z.object({
  name: z.string().describe('without the project'),
  fullName: z.string().describe('with the project'),
  artifactCount: count,
  pullCount: count,
  created: time,
  updated: time.describe('last change of the repository; newest.pushed is the last push'),
  newest: artifact.optional().describe('the artifact that was pushed last; its scan with --scan'),
});

const gcRun = z.object({
  id: z.int(),
  state: z.enum(['queued', 'running', 'done', 'failed', 'stopped']),
  kind: z.enum(['manual', 'scheduled']),
  dryRun: z.boolean(),
  deleteUntagged: z.boolean(),
  workers: count.optional(),
  freedBytes: bytes.optional().describe('absent until the blobs are deleted'),
  purgedBlobs: count.optional(),
  purgedManifests: count.optional(),
  windowHours: z.number().optional().describe('younger blobs are kept'),
  started: time,
  ended: time.optional(),
  note: z.string().optional().describe('explains the figures'),
});

/** What the Harbor commands print with `--json`. */
export const HARBOR_JSON_OUTPUTS = {
  'harbor-artifacts': z.object({ items: z.array(artifact), total }),
  'harbor-delete': z.object({
    digest,
    deleted: z.boolean().describe('false with --dry-run'),
    tags: z.array(z.string()).describe('deleted with it, like accessories and children'),
    accessories: artifact.shape.accessories,
    children: z.array(digest),
    remainingChildren: z.array(digest).describe('images of the index that are not deleted'),
    indexes: z.array(digest).describe('indexes that contain it'),
    refusal: z.enum(['immutable', 'in-index']).optional().describe('why Harbor would refuse'),
  }),
  'harbor-gc': gcRun.partial().extend({
    id: z.int(),
    attached: z.boolean().describe('a run with the same options was already running'),
    log: z.string().optional(),
  }),
  'harbor-gc-history': z.object({ items: z.array(gcRun), total }),
  'harbor-repos': z.object({ items: z.array(repository), total }),
  'harbor-scan': scanReport,
  'harbor-trigger-scan': z.object({
    repository: z.string().describe('with the project'),
    reference: z.string().describe('a tag or digest'),
    started: z.boolean().describe('false when a scan was already queued or running'),
    report: scanReport.optional().describe('with --wait'),
  }),
  'harbor-untag': z.object({
    repository: z.string().describe('with the project'),
    tag: z.string(),
    digest: digest.describe('of the artifact, which is kept'),
  }),
} as const;
