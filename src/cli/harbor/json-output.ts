import * as z from 'zod';
import { FINDING_SEVERITIES } from '../../model/scan-report.ts';

const digest = z.string().describe('algorithm:hex');
const time = z.string().describe('ISO 8601');
const total = z.int().describe('how many items there are');
const platform = z.string().describe('os/arch[/variant]');
const bytes = z.number().describe('bytes');
const count = z.int();

const state = z
  .enum(['clean', 'findings', 'not-scanned', 'running', 'failed', 'scanner-down'])
  .describe('clean and findings: scanned; not-scanned: never scanned; in all others nothing is known');

const counts = z
  .object({ critical: count, high: count, medium: count, low: count, negligible: count, unknown: count })
  .describe('findings by severity');

const scanSummary = z.object({
  state: state.describe('of an index, the worst of its platforms’'),
  counts,
  fixable: count.describe('findings with a version that mends them'),
  finished: time.optional(),
});

const artifact = z.object({
  digest,
  type: z.string().describe('in Harbor’s words: IMAGE, CHART'),
  mediaType: z.string(),
  size: bytes,
  pushed: time,
  pulled: time.optional().describe('absent when nobody ever pulled it'),
  tags: z.array(z.object({ name: z.string(), immutable: z.boolean(), pushed: time })),
  children: z
    .array(z.object({ digest, platform: platform.optional().describe('absent for an attestation') }))
    .optional()
    .describe('the images of an index'),
  platform: platform.optional().describe('of a single image'),
  accessories: z
    .array(z.object({ digest, type: z.string().describe('signature.cosign, sbom.harbor'), size: bytes }))
    .describe('signatures, SBOMs and the like'),
  scan: scanSummary.optional(),
});

const repository = z.object({
  name: z.string().describe('without the project'),
  fullName: z.string().describe('with the project'),
  artifactCount: count,
  pullCount: count,
  created: time,
  updated: time.describe('not when somebody pushed last: that is newest.pushed'),
  newest: artifact.optional().describe('the artifact that was pushed last; its scan with --scan'),
});

const scanner = z.object({ name: z.string(), vendor: z.string(), version: z.string() });

const finding = z.object({
  id: z.string(),
  severity: z.enum(FINDING_SEVERITIES),
  package: z.string(),
  version: z.string(),
  fixVersion: z.string().optional().describe('absent when nothing mends it yet'),
  description: z.string(),
  links: z.array(z.string()).describe('as the scanner gave them: not to be trusted'),
  score: z.number().optional().describe('CVSS version 3'),
  cwes: z.array(z.string()),
});

const scanReport = z.object({
  repository: z.string().describe('with the project'),
  tags: z.array(z.string()),
  digest: digest.describe('of the artifact: the index, or its one image'),
  state: state.describe('the worst of the images’'),
  images: z
    .array(
      z.object({
        platform,
        digest,
        state,
        reason: z.string().optional().describe('why there is no result'),
        scanner: scanner.optional(),
        reportId: z.string().optional(),
        finished: time.optional(),
        counts: counts.describe('of the findings that are listed'),
        fixable: count,
        findings: z.array(finding).describe('those that --severity and --fixed-only let through, worst first'),
      }),
    )
    .describe('one for each platform'),
});

const collection = z.object({
  id: z.int(),
  state: z.enum(['queued', 'running', 'done', 'failed', 'stopped']),
  kind: z.enum(['manual', 'scheduled']),
  dryRun: z.boolean(),
  deleteUntagged: z.boolean(),
  workers: count.optional(),
  freedBytes: bytes.optional().describe('absent until it has collected'),
  purgedBlobs: count.optional(),
  purgedManifests: count.optional(),
  windowHours: z.number().optional().describe('blobs that are younger stay'),
  started: time,
  ended: time.optional(),
  note: z.string().optional().describe('what the figures do not say by themselves'),
});

/** What the Harbor commands print with `--json`. */
export const HARBOR_JSON_OUTPUTS = {
  'harbor-artifacts': z.object({ items: z.array(artifact), total }),
  'harbor-delete': z.object({
    digest,
    deleted: z.boolean().describe('false with --dry-run'),
    tags: z.array(z.string()).describe('what goes with it, as accessories and children do'),
    accessories: artifact.shape.accessories,
    children: z.array(digest),
    keptChildren: z.array(digest).describe('images of the index that stay'),
    indexes: z.array(digest).describe('the indexes that hold it'),
    refusal: z.enum(['immutable', 'in-index']).optional().describe('why Harbor would refuse'),
  }),
  'harbor-gc': collection.partial().extend({
    id: z.int(),
    attached: z.boolean().describe('one with the same options ran already'),
    log: z.string().optional(),
  }),
  'harbor-gc-history': z.object({ items: z.array(collection), total }),
  'harbor-repos': z.object({ items: z.array(repository), total }),
  'harbor-scan': scanReport,
  'harbor-trigger-scan': z.object({
    repository: z.string().describe('with the project'),
    reference: z.string().describe('a tag or digest'),
    started: z.boolean().describe('false when a scan waited or ran already'),
    report: scanReport.optional().describe('with --wait'),
  }),
  'harbor-untag': z.object({
    repository: z.string().describe('with the project'),
    tag: z.string(),
    digest: digest.describe('of the artifact, which stays'),
  }),
} as const;
