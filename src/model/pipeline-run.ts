/**
 * A run of the pipeline as plain data. The library returns it, `--json` and `result.json` print it, and all reports are made from
 * it.
 */
import * as z from 'zod';
import { bytes, digest, durationMs, error, platform, type ReadonlyOutput, time } from './common-schemas.ts';
import { PIPELINE_OUTCOMES, RECORD_STATES, SERVICE_ACTIONS, STAGES } from './enums.ts';
import type { ScanReport } from './scan-report.ts';
import { verdict } from './verdict.ts';

export const publicReference = z.string().describe('with the public tag: registry.example.com/axion/api:1.4.0');
export const runId = z
  .string()
  .describe("the run's id, which is its staging tag: objdocker-20260531T081500Z-3f9a1c2b7d4e");

export const stageRecord = z.object({
  name: z.enum(STAGES),
  status: z
    .enum(['done', 'failed', 'skipped'])
    .describe('skipped: there was nothing to do, or the run ended before this stage'),
  detail: z.string().exactOptional().describe('the result in one line, for display'),
  started: time.exactOptional().describe('absent for a skipped stage'),
  durationMs: durationMs.exactOptional(),
});

export const promotion = z
  .enum(['created', 'moved', 'unchanged', 'undone', 'in-doubt', 'none'])
  .describe(
    'what happened to the public tag; unchanged: it already pointed to this image; undone: it was moved or created, and that was undone because another tag failed; in-doubt: the request to move it got no response; none: the promotion of this run did not touch it',
  );

export const recovery = z.object({
  release: z.int().describe('the number of the release'),
  run: runId.describe('the run that left it'),
  action: z
    .enum(['finished', 'complete', 'undone'])
    .describe(
      'finished: its remaining tags were moved now; complete: it had moved all tags, and was not on record as done; undone: it could not be finished, and its moves were undone',
    ),
  references: z.array(z.string()).describe('the public references of the tags that were moved now'),
});

const tagConflict = z.object({
  reference: publicReference,
  expected: digest.exactOptional().describe('what the tag should point to; absent: no such tag'),
  found: digest.exactOptional().describe('what it points to; absent: no such tag'),
});

const imageTag = z.object({
  tag: z.string(),
  reference: publicReference,
  previous: digest
    .exactOptional()
    .describe('what the tag pointed to when the run started; absent when there was no such tag'),
  promotion,
});

export const pipelineImage = z.object({
  service: z.string().exactOptional().describe('absent for a package with a single image'),
  repository: z.string().describe('with the project, without the host: axion/meridian-api-homechoice'),
  reference: publicReference,
  digest: digest
    .exactOptional()
    .describe('algorithm:hex, of the pushed manifest or index; absent when the run ended before the push'),
  sizeBytes: bytes
    .exactOptional()
    .describe('compressed size of all platforms in the registry; absent where the registry does not tell'),
  platforms: z.array(platform).describe('os/arch[/variant]; empty until they are known'),
  tags: z.array(imageTag).describe('the public tags, in the order of the run'),
  action: z.enum(SERVICE_ACTIONS).exactOptional().describe('absent until the run has planned'),
  reasons: z.array(z.string()).exactOptional().describe('why it is built: what has changed since the release before'),
  release: z.int().exactOptional().describe('the first release with this image, when it is not built'),
  revision: z.string().exactOptional().describe('the Git commit that the image is built from; absent without Git'),
  built: time.exactOptional().describe('when the image was built, when this run does not build it'),
});

const runRelease = z.object({
  number: z.int().describe('1, 2, 3 … per package'),
  digest: digest.exactOptional().describe('of the release record'),
  state: z
    .enum([...RECORD_STATES, 'unchanged'])
    .describe('unchanged: there is no new release, and this one is current; open: the next run finishes or undoes it'),
});

export const pipelineRun = z.object({
  run: runId,
  package: z.string(),
  tags: z.array(z.string()).describe('the public tags; the first is VERSION'),
  registry: z.object({
    host: z.string(),
    type: z.enum(['harbor', 'plain']),
    project: z.string().exactOptional(),
  }),
  started: time,
  finished: time,
  durationMs,
  outcome: z
    .enum(PIPELINE_OUTCOMES)
    .describe('passed, unscanned: the images were released; unchanged: they were already'),
  scanned: z.boolean().describe('false for a run without scans (--no-scan)'),
  promoted: z.boolean().describe('the public tags point to these images'),
  images: z.array(pipelineImage),
  stages: z.array(stageRecord),
  verdict: verdict.exactOptional().describe('absent when the run ended before the gate, and without scans'),
  conflicts: z.array(tagConflict).describe('public tags that another run or user moved during the run'),
  release: runRelease.exactOptional().describe('absent when the run ended before, and without records'),
  recovered: z.array(recovery).describe('one for each release that an earlier run has left'),
  registries: z
    .object({ path: z.string(), changed: z.boolean().describe('false when it already had this content') })
    .exactOptional()
    .describe('the registries.yaml that was written'),
  staged: z
    .array(z.string())
    .describe(
      'references whose staging tag is still there: kept for a running scan, or because the registry did not remove it',
    ),
  warnings: z.array(z.string()),
  error: error.exactOptional(),
});

/** A stage of a run. A run has one for each of `STAGES`. */
export type StageRecord = ReadonlyOutput<typeof stageRecord>;

/** What happened to an image's public tag. */
export type Promotion = ReadonlyOutput<typeof promotion>;

/** A public tag of an image, and what happened to it. */
export type PipelineImageTag = ReadonlyOutput<typeof imageTag>;

export type PipelineImage = ReadonlyOutput<typeof pipelineImage>;

/** A public tag that another run or user moved during the run. */
export type TagConflict = ReadonlyOutput<typeof tagConflict>;

/** How the release that an earlier run has left was finished or undone. */
export type Recovery = ReadonlyOutput<typeof recovery>;

export type PipelineRun = ReadonlyOutput<typeof pipelineRun>;

/** A run and the scans that its gate evaluated; none when the run ended before the gate. */
export interface PipelineReport {
  readonly run: PipelineRun;
  /** In the order of the images. */
  readonly scans: readonly ScanReport[];
}
