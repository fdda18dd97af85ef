import * as z from 'zod';
import { FINDING_SEVERITIES } from '../../model/scan-report.ts';
import { GATE_OUTCOMES } from '../../model/verdict.ts';

const count = z.int();
const day = z.string().describe('YYYY-MM-DD, UTC');
const digest = z.string().describe('algorithm:hex');

const gateOutcome = z
  .enum(GATE_OUTCOMES)
  .describe('passed, rejected: all platforms were scanned; all others: there is no scan result');

export const severityCounts = z
  .object({ critical: count, high: count, medium: count, low: count, negligible: count, unknown: count })
  .describe('findings by severity');

export const scanState = z.enum(['clean', 'findings', 'not-scanned', 'running', 'failed', 'scanner-down']);

const evaluatedFinding = z.object({
  id: z.string(),
  severity: z.enum(FINDING_SEVERITIES),
  package: z.string(),
  version: z.string(),
  fixVersion: z.string().optional().describe('absent when there is no fix yet'),
  platforms: z.array(z.string()).describe('platforms of the image that have it'),
});

const imageVerdict = z.object({
  repository: z.string().describe('with the project'),
  service: z.string().optional().describe('absent for a package with a single image'),
  digest: digest.describe('of the index, or the one image'),
  outcome: gateOutcome,
  reason: z.string().optional().describe('why there is no scan result, or who rejected the image'),
  platforms: z.array(
    z.object({
      platform: z.string().describe('os/arch[/variant]'),
      digest,
      state: z.enum([...scanState.options, 'timed-out']),
      counts: severityCounts,
    }),
  ),
  rejecting: z.array(evaluatedFinding).describe('findings that reject the image, worst first'),
  allowed: z
    .array(evaluatedFinding.extend({ reason: z.string(), until: day.optional() }))
    .describe('findings that the allow-list excuses'),
  unknownPassed: count.describe('findings of unknown severity that passed'),
  unfixedPassed: count.describe('findings that passed because there is no fix yet'),
});

/** The verdict that `pipeline` and `gate` print. */
export const verdict = z.object({
  outcome: gateOutcome.describe('the worst outcome of the images'),
  policy: z.object({
    failOn: z.enum(['critical', 'high', 'medium', 'low', 'none']),
    ignoreUnfixed: z.boolean(),
    unknown: z.enum(['pass', 'fail']),
  }),
  day: day.describe('the day on which expiry was checked'),
  images: z.array(imageVerdict),
  expired: z.array(
    z.object({
      id: z.string(),
      reason: z.string(),
      until: day,
      findings: count.describe('findings that it would have allowed'),
    }),
  ),
  unused: z.array(z.string()).describe('ids of the allow-list that no image has'),
});

export const GATE_JSON_OUTPUTS = { gate: verdict } as const;
