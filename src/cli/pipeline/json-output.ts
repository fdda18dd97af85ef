import * as z from 'zod';
import { PIPELINE_OUTCOMES, STAGES } from '../../model/pipeline-run.ts';
import { bytes, digest, durationMs, errorJson, platform, time } from '../framework/json-output.ts';
import { scanState, severityCounts, verdict } from '../gate/json-output.ts';

const publicReference = z.string().describe('with the public tag');
const runId = z.string().describe('id of the run, which is its staging tag');

const promotion = z
  .enum(['created', 'moved', 'unchanged', 'undone', 'in-doubt', 'none'])
  .describe(
    'what happened to the public tag; undone: it was moved, and the move was undone because another one failed; in-doubt: the request to move it got no response',
  );

const stageName = z.enum(STAGES);

const stage = z.object({
  name: stageName,
  status: z.enum(['done', 'failed', 'skipped']).describe('skipped: nothing to do, or the run ended before it'),
  detail: z.string().optional().describe('one line for people'),
  started: time.optional().describe('absent for a skipped stage'),
  durationMs: durationMs.optional(),
});

const recovery = z.object({
  run: runId,
  action: z
    .enum(['finished', 'undone', 'complete', 'not-started', 'superseded'])
    .describe('what was done about its unfinished promotion'),
  references: z.array(z.string()).describe('public references of the tags that were moved now'),
});

const pipelineRun = z.object({
  run: runId,
  package: z.string(),
  tag: z.string().describe('the public tag'),
  registry: z.object({
    host: z.string(),
    type: z.enum(['harbor', 'plain']),
    project: z.string().optional(),
  }),
  started: time,
  finished: time,
  durationMs,
  outcome: z.enum(PIPELINE_OUTCOMES).describe('passed, unscanned: the images were released'),
  scanned: z.boolean().describe('false with --no-scan'),
  promoted: z.boolean().describe('the public tags point to these images'),
  images: z.array(
    z.object({
      service: z.string().optional().describe('absent for a package with a single image'),
      repository: z.string().describe('with the project, without the host'),
      reference: publicReference,
      digest: digest.optional().describe('absent when the run ended before the push'),
      sizeBytes: bytes.optional().describe('compressed size of all platforms in the registry'),
      platforms: z.array(platform),
      previous: digest.optional().describe('what the public tag pointed to when the run started'),
      promotion,
    }),
  ),
  stages: z.array(stage),
  verdict: verdict.optional().describe('absent when the run ended before the gate, or nothing was scanned'),
  conflicts: z
    .array(z.object({ reference: publicReference, expected: digest.optional(), found: digest.optional() }))
    .describe('public tags that somebody else moved during the run'),
  recovered: z.array(recovery).describe('one for each unfinished earlier run'),
  registries: z
    .object({ path: z.string(), changed: z.boolean() })
    .optional()
    .describe('the registries.yaml that was written'),
  staged: z.array(z.string()).describe('staging tags that remain'),
  warnings: z.array(z.string()),
  error: errorJson.shape.error.optional(),
});

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
  type: z.enum(['push-started', 'push-progress', 'push-retrying', 'push-finished', 'push-failed']),
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
  z.object({ type: z.literal('stage-finished'), stage }),
  z.object({ type: z.literal('preflight'), event: preflightEvent }),
  z.object({ type: z.literal('build'), event: buildEvent }),
  z.object({ type: z.literal('push'), event: pushEvent }),
  z.object({ type: z.literal('scan'), reference: publicReference, event: scanEvent }),
  z.object({ type: z.literal('verdict'), verdict }),
  z.object({ type: z.literal('promotion'), reference: publicReference, digest, promotion }),
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
    kept: z.array(z.object({ reference: z.string(), reason: z.string() })).describe('tags that could not be removed'),
  }),
  'pipeline-event': pipelineEvent,
} as const;
