/**
 * The result of evaluating a package's policy (`deployment.scan`) on images, as plain data. The pipeline and the gate return it,
 * `--json` prints it, and all reports are made from it.
 */
import * as z from 'zod';
import { day, digest, platform, type ReadonlyOutput, time } from './common-schemas.ts';
import { GATE_OUTCOMES, UNFIXED_STATUSES } from './enums.ts';
import { finding, scanState, severityCounts } from './scan-report.ts';

export const gateOutcome = z
  .enum(GATE_OUTCOMES)
  .describe('passed, rejected: every platform was scanned; in all others the findings are not known');

export const appliedPolicy = z
  .object({
    failOn: z.enum(['critical', 'high', 'medium', 'low', 'none']),
    ignoreUnfixed: z.boolean(),
    ignoreStatus: z.array(z.enum(UNFIXED_STATUSES)),
    unknown: z.enum(['pass', 'fail']),
    requirePackages: z.boolean(),
  })
  .describe('the policy in config.yaml');

const platformVerdict = z.object({
  platform,
  digest,
  state: z.enum([...scanState.options, 'timed-out']),
  finished: time.exactOptional().describe('when the scan ended that was evaluated'),
  packages: z
    .int()
    .exactOptional()
    .describe('packages in the image; absent with findings, and where Harbor has no SBOM'),
  counts: severityCounts,
});

const evaluatedFinding = finding
  .pick({ id: true, severity: true, package: true, version: true, fixVersion: true, status: true })
  .extend({ platforms: z.array(z.string()).describe('the platforms of the image with the finding') });

const allowedFinding = evaluatedFinding.extend({
  reason: z.string(),
  until: day.exactOptional().describe('the last day on which the entry counts: YYYY-MM-DD'),
});

const expiredAllowance = z.object({
  id: z.string(),
  reason: z.string(),
  until: day,
  findings: z.int().describe('how many findings it would have allowed'),
});

export const imageVerdict = z.object({
  repository: z.string().describe('with the project: axion/meridian-api-homechoice'),
  service: z
    .string()
    .exactOptional()
    .describe('absent for a package with a single image, and for the images of objdocker gate'),
  digest: digest.describe('of the index, or the one image'),
  outcome: gateOutcome,
  reason: z
    .string()
    .exactOptional()
    .describe(
      'for display: why the findings are not known, why the registry refuses the image, or that nothing in it could be examined',
    ),
  notes: z.array(z.string()).describe('for display: what to know about the result, which does not change the outcome'),
  platforms: z.array(platformVerdict),
  rejecting: z
    .array(evaluatedFinding)
    .describe('findings that reject the image, worst first; one of several platforms is listed once'),
  allowed: z.array(allowedFinding).describe('findings that would reject the image, and are on the allow-list'),
  unknownPassed: z.int().describe('findings of unknown severity that did not count'),
  unfixedPassed: z.int().describe('findings that did not count because no fix exists yet (ignoreUnfixed)'),
  statusPassed: z.int().describe('findings that did not count because of their status (ignoreStatus)'),
});

export const verdict = z.object({
  outcome: gateOutcome.describe("the worst of the images'"),
  policy: appliedPolicy,
  day: day.describe('that decided which allow-list entries have expired: YYYY-MM-DD, in UTC'),
  images: z.array(imageVerdict),
  database: time
    .exactOptional()
    .describe("when the scanner's vulnerability database was updated; absent where it cannot be read"),
  expired: z.array(expiredAllowance).describe('allow-list entries that have expired and no longer count'),
  unused: z
    .array(z.string())
    .describe('ids of valid allow-list entries that match no finding; empty unless all images were scanned'),
});

/** The policy in config.yaml. */
export type AppliedPolicy = ReadonlyOutput<typeof appliedPolicy>;

/** The verdict on a set of images. */
export type Verdict = ReadonlyOutput<typeof verdict>;

export type ImageVerdict = ReadonlyOutput<typeof imageVerdict>;

export type PlatformVerdict = ReadonlyOutput<typeof platformVerdict>;

/** A finding in a verdict. */
export type EvaluatedFinding = ReadonlyOutput<typeof evaluatedFinding>;

export type AllowedFinding = ReadonlyOutput<typeof allowedFinding>;

export type ExpiredAllowance = ReadonlyOutput<typeof expiredAllowance>;
