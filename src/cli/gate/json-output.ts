import * as z from 'zod';
import { FINDING_SEVERITIES } from '../../model/scan-report.ts';
import { GATE_OUTCOMES } from '../../model/verdict.ts';

const count = z.int();
const day = z.string().describe('YYYY-MM-DD, UTC');
const digest = z.string().describe('algorithm:hex');

const gateOutcome = z
  .enum(GATE_OUTCOMES)
  .describe('passed and rejected: every platform was scanned; in all others nothing is known');

export const severityCounts = z
  .object({ critical: count, high: count, medium: count, low: count, negligible: count, unknown: count })
  .describe('findings by severity');

export const scanState = z.enum(['clean', 'findings', 'not-scanned', 'running', 'failed', 'scanner-down']);

const judgedFinding = z.object({
  id: z.string(),
  severity: z.enum(FINDING_SEVERITIES),
  package: z.string(),
  version: z.string(),
  fixVersion: z.string().optional().describe('absent when nothing mends it yet'),
  platforms: z.array(z.string()).describe('which of the image’s platforms have it'),
});

const imageVerdict = z.object({
  repository: z.string().describe('with the project'),
  service: z.string().optional().describe('absent for a package with a single image'),
  digest: digest.describe('of the index, or the one image'),
  outcome: gateOutcome,
  reason: z.string().optional().describe('why nothing is known, or whose refusal it is'),
  platforms: z.array(
    z.object({
      platform: z.string().describe('os/arch[/variant]'),
      digest,
      state: z.enum([...scanState.options, 'timed-out']),
      counts: severityCounts,
    }),
  ),
  rejecting: z.array(judgedFinding).describe('findings that reject the image, worst first'),
  allowed: z
    .array(judgedFinding.extend({ reason: z.string(), until: day.optional() }))
    .describe('findings that would, had the allow-list not named them'),
  unknownPassed: count.describe('findings of unknown severity that passed'),
  unfixedPassed: count.describe('findings that were let pass because nothing mends them yet'),
});

/** What the policy says of images, as `pipeline` and `gate` print it. */
export const verdict = z.object({
  outcome: gateOutcome.describe('the worst of the images’'),
  policy: z.object({
    failOn: z.enum(['critical', 'high', 'medium', 'low', 'none']),
    ignoreUnfixed: z.boolean(),
    unknown: z.enum(['pass', 'fail']),
  }),
  day: day.describe('that decided over expiry'),
  images: z.array(imageVerdict),
  expired: z.array(
    z.object({
      id: z.string(),
      reason: z.string(),
      until: day,
      findings: count.describe('that it would have let pass'),
    }),
  ),
  unused: z.array(z.string()).describe('ids of the allow-list that no image has a finding of'),
});

export const GATE_JSON_OUTPUTS = { gate: verdict } as const;
