import * as z from 'zod';
import { error, type ReadonlyOutput } from '../model/common-schemas.ts';
import { pipelineImage, pipelineRun } from '../model/pipeline-run.ts';
import { gateOutcome } from '../model/verdict.ts';

const resultImage = pipelineImage.extend({
  pinned: z
    .string()
    .exactOptional()
    .describe('by digest: what to deploy; absent when nothing was pushed: registry.example.com/axion/api@sha256:…'),
  gate: gateOutcome.exactOptional().describe('absent when the gate did not run'),
});

/** `result.json` of a run of the pipeline. */
export const RUN_RESULT = pipelineRun
  .pick({
    run: true,
    package: true,
    tags: true,
    registry: true,
    started: true,
    finished: true,
    durationMs: true,
    outcome: true,
    scanned: true,
    release: true,
  })
  .extend({
    promoted: z.boolean().describe('the public tags point to these images; when false, deploy nothing'),
    images: z.array(resultImage),
    error: z.object(error.shape).exactOptional(),
  });

/** `result.json` while a run is going on, and after it was killed. */
const UNFINISHED_RESULT = z.object({
  ...pipelineRun.pick({ package: true, tags: true, registry: true, started: true }).shape,
  outcome: z.literal('unfinished').describe('the run is going on, or it was killed'),
  promoted: z.literal(false).describe('deploy nothing'),
  images: z.array(resultImage).length(0),
});

export type ResultImage = ReadonlyOutput<typeof resultImage>;

/** The result of a run, for the program that deploys it: `result.json`. A later version may add keys, but removes none. */
export type RunResult = ReadonlyOutput<typeof RUN_RESULT>;

/** What is known when a run starts. */
export type UnfinishedResult = ReadonlyOutput<typeof UNFINISHED_RESULT>;

/** All contents of `result.json`. */
export const RESULT_FILE = z.union([RUN_RESULT, UNFINISHED_RESULT]);

/** The JSON Schema of `result.json`. It is open: a later version may add keys. */
export function runResultSchema(): object {
  return {
    title: 'objdocker pipeline: result.json',
    ...z.toJSONSchema(RESULT_FILE, { io: 'input', target: 'draft-2020-12' }),
  };
}
