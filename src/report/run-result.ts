import type { PipelineRun } from '../model/pipeline-run.ts';
import type { RunResult } from './run-result-schema.ts';

/** The part of a run that a program needs to deploy it. */
export function runResult(run: PipelineRun): RunResult {
  const { error } = run;
  return {
    run: run.run,
    package: run.package,
    tags: run.tags,
    registry: run.registry,
    started: run.started,
    finished: run.finished,
    durationMs: run.durationMs,
    outcome: run.outcome,
    scanned: run.scanned,
    promoted: run.promoted,
    ...(run.release === undefined ? {} : { release: run.release }),
    images: run.images.map(({ digest, ...image }) => {
      const gate = run.verdict?.images.find(({ repository }) => repository === image.repository)?.outcome;
      return {
        ...image,
        ...(digest === undefined ? {} : { digest, pinned: `${run.registry.host}/${image.repository}@${digest}` }),
        ...(gate === undefined ? {} : { gate }),
      };
    }),
    ...(error === undefined
      ? {}
      : {
          error: {
            code: error.code,
            message: error.message,
            ...(error.hint === undefined ? {} : { hint: error.hint }),
          },
        }),
  };
}
