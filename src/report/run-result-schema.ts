import * as z from 'zod';
import { PIPELINE_OUTCOMES } from '../model/pipeline-run.ts';

const digest = z.string().describe('algorithm:hex, of the manifest or index');
const time = z.string().describe('ISO 8601, in UTC');

const image = z.object({
  service: z.string().optional().describe('absent for a package with a single image'),
  repository: z.string().describe('with the project, without the host'),
  reference: z.string().describe('with the public tag, which may stand for another image tomorrow'),
  digest: digest.optional().describe('absent when nothing was pushed'),
  pinned: z.string().optional().describe('by digest: what to deploy; absent when nothing was pushed'),
  sizeBytes: z.number().optional().describe('bytes in the registry, compressed, of all platforms'),
  platforms: z.array(z.string()).describe('os/arch[/variant]'),
  previous: digest.optional().describe('what the public tag stood for before'),
  promotion: z
    .enum(['created', 'moved', 'unchanged', 'undone', 'in-doubt', 'none'])
    .describe('what became of the public tag'),
  gate: z
    .enum(['passed', 'rejected', 'not-scanned', 'scan-failed', 'scanner-down', 'timed-out'])
    .optional()
    .describe('absent when the gate was not asked'),
});

/** `result.json` of a run of the pipeline: `RunResult`. */
export const RUN_RESULT = z.object({
  run: z.string().describe('the run’s id, its staging tag'),
  package: z.string(),
  tag: z.string().describe('the public tag'),
  registry: z.object({ host: z.string(), type: z.enum(['harbor', 'plain']), project: z.string().optional() }),
  started: time,
  finished: time,
  durationMs: z.number().describe('milliseconds'),
  outcome: z.enum(PIPELINE_OUTCOMES),
  scanned: z.boolean().describe('false: nothing was scanned, as it was asked for'),
  promoted: z.boolean().describe('the public tags stand for these images; when false, deploy nothing'),
  images: z.array(image),
  error: z
    .object({
      code: z.string().describe('what went wrong, as a literal'),
      message: z.string(),
      hint: z.string().optional(),
    })
    .optional(),
});

/** The JSON Schema of `result.json`. Open: a later version may add keys. */
export function runResultSchema(): object {
  return {
    title: 'objdocker pipeline: result.json',
    ...z.toJSONSchema(RUN_RESULT, { io: 'input', target: 'draft-2020-12' }),
  };
}
