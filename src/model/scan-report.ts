/** The scan of an artifact as plain data. The library returns it, the policy reads it, and all reports are made from it. */
import * as z from 'zod';
import { digest, platform, type ReadonlyOutput, time } from './common-schemas.ts';
import { FINDING_SEVERITIES, SCAN_STATES } from './enums.ts';

export const scanState = z
  .enum(SCAN_STATES)
  .describe(
    'clean, findings: scanned; empty: scanned, but no packages were found; not-scanned: never scanned; unsupported: cannot be scanned; in all others the findings are not known',
  );

const count = z.int();

export const severityCounts = z
  .object({ critical: count, high: count, medium: count, low: count, negligible: count, unknown: count })
  .describe('findings by severity');

export const finding = z
  .object({
    id: z.string().describe('CVE-2024-3094, GHSA-…, DLA-…'),
    severity: z.enum(FINDING_SEVERITIES),
    package: z.string(),
    version: z.string(),
    fixVersion: z.string().exactOptional().describe('the version that fixes it; absent without a fix'),
    status: z
      .string()
      .exactOptional()
      .describe('what the distribution says, from Harbor 2.11 on: fixed, affected, will_not_fix, …'),
    description: z.string(),
    links: z.array(z.string()).describe('from the scanner; untrusted, with any scheme'),
    score: z.number().exactOptional().describe('CVSS version 3, 0 to 10'),
    cwes: z.array(z.string()).describe('CWE-190'),
  })
  .describe('a vulnerability in one package of an image');

export const imageScan = z.object({
  platform,
  digest,
  state: scanState,
  reason: z.string().exactOptional().describe('why there is no result'),
  scanner: z.object({ name: z.string(), vendor: z.string(), version: z.string() }).exactOptional(),
  reportId: z.string().exactOptional().describe('identifies the report: a new scan has another id'),
  finished: time.exactOptional(),
  note: z.string().exactOptional().describe('what to know about a result: the scanner is down now'),
  packages: count
    .exactOptional()
    .describe('packages in the image; read when there are no findings, absent where Harbor has no SBOM'),
  counts: severityCounts,
  fixable: count.describe('findings with a fix'),
  findings: z.array(finding).describe('worst first, then by package'),
});

export const scanReport = z.object({
  repository: z.string().describe('with the project: axion/services/api'),
  tags: z.array(z.string()),
  digest: digest.describe('of the artifact: the index, or its one image'),
  state: scanState.describe("the worst of the images'"),
  images: z.array(imageScan).describe('one for each platform'),
});

export type SeverityCounts = ReadonlyOutput<typeof severityCounts>;

/** A vulnerability in one package of an image. */
export type Finding = ReadonlyOutput<typeof finding>;

/** The scan of one image. An index has one for each of its platforms. */
export type ImageScan = ReadonlyOutput<typeof imageScan>;

/** The scan of an artifact, platform by platform. */
export type ScanReport = ReadonlyOutput<typeof scanReport>;
