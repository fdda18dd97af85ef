import * as z from 'zod';
import { digest, platform, time } from '../../model/common-schemas.ts';
import { SERVICE_ACTIONS, STAGES } from '../../model/enums.ts';
import { pipelineRun, promotion, publicReference, recovery, runId, stageRecord } from '../../model/pipeline-run.ts';
import { releaseNumber } from '../../model/release.ts';
import { scanState, severityCounts } from '../../model/scan-report.ts';
import { verdict } from '../../model/verdict.ts';

const stageName = z.enum(STAGES);

const check = z.looseObject({
  id: z.string(),
  title: z.string(),
  status: z.enum(['ok', 'warning', 'failed', 'skipped']),
  detail: z.string(),
});

const preflightEvent = z.union([
  z.object({ type: z.literal('check-started'), id: z.string(), title: z.string() }),
  z.object({ type: z.literal('check-finished'), check }),
]);

const buildEvent = z.looseObject({ type: z.enum(['invocation', 'step', 'log', 'transfer', 'warning']) });

const pushEvent = z.looseObject({
  type: z.enum(['push-started', 'push-progress', 'push-retrying', 'push-finished', 'push-failed', 'warning']),
});

const scanEvent = z.union([
  z.object({ type: z.literal('requested'), platform, digest, attached: z.boolean() }),
  z.object({
    type: z.literal('progress'),
    platform,
    digest,
    status: z.enum(['queued', 'running']),
    percent: z.number().optional(),
  }),
  z.object({ type: z.literal('finished'), platform, digest, state: scanState, counts: severityCounts }),
  z.object({ type: z.literal('trouble'), message: z.string() }),
]);

const pipelineEvent = z.union([
  z.object({
    type: z.literal('run-started'),
    run: runId,
    package: z.string(),
    images: z.array(z.object({ service: z.string().optional(), reference: publicReference })),
    at: time,
  }),
  z.object({ type: z.literal('waiting'), message: z.string() }),
  z.object({ type: z.literal('stage-started'), stage: stageName, at: time }),
  z.object({ type: z.literal('stage-finished'), stage: stageRecord }),
  z.object({ type: z.literal('preflight'), event: preflightEvent }),
  z.object({
    type: z.literal('plan'),
    reference: publicReference,
    action: z.enum(SERVICE_ACTIONS),
    reasons: z.array(z.string()).describe('why it is built; else the release that its image is from'),
    release: releaseNumber.exactOptional().describe('the first release with the image, when it is not built'),
  }),
  z.object({ type: z.literal('build'), event: buildEvent }),
  z.object({ type: z.literal('push'), event: pushEvent }),
  z.object({ type: z.literal('scan'), reference: publicReference, event: scanEvent }),
  z.object({ type: z.literal('verdict'), verdict }),
  z.object({ type: z.literal('promotion'), reference: publicReference, digest, promotion }),
  z.object({ type: z.literal('release'), number: releaseNumber, digest: digest.describe('of the release record') }),
  z.object({ type: z.literal('recovered'), recovery }),
  z.object({ type: z.literal('warning'), message: z.string() }),
  z.object({ type: z.literal('run-finished'), run: pipelineRun }),
]);

/** The JSON output of `pipeline` and `pipeline --clean`, and a line of `--events`. */
export const PIPELINE_JSON_OUTPUTS = {
  pipeline: pipelineRun,
  'pipeline-clean': z.object({
    dryRun: z.boolean().describe('true with --dry-run: nothing was removed'),
    removed: z.array(z.object({ reference: z.string(), digest: digest.describe('of the artifact, which is kept') })),
    notRemoved: z
      .array(z.object({ reference: z.string(), reason: z.string() }))
      .describe('tags that could not be removed'),
  }),
  'pipeline-event': pipelineEvent,
} as const;
