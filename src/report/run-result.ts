import type { ErrorCode } from '../errors.ts';
import type { PipelineOutcome, PipelineRun, Promotion } from '../model/pipeline-run.ts';
import type { GateOutcome } from '../model/verdict.ts';

/** What a run came to, for whatever deploys next: `result.json`. Its keys stay; a later version may add some. */
export interface RunResult {
  /** The run's id. */
  readonly run: string;
  readonly package: string;
  /** The public tag. */
  readonly tag: string;
  readonly registry: PipelineRun['registry'];
  readonly started: string;
  readonly finished: string;
  readonly durationMs: number;
  readonly outcome: PipelineOutcome;
  readonly scanned: boolean;
  /** The public tags stand for these images: without it, nothing is to be deployed. */
  readonly promoted: boolean;
  readonly images: readonly ResultImage[];
  /** Why the run ended, when it failed or was cancelled. */
  readonly error?: { readonly code: ErrorCode; readonly message: string; readonly hint?: string };
}

export interface ResultImage {
  /** Absent for a package with a single image. */
  readonly service?: string;
  /** With its project, without the host. */
  readonly repository: string;
  /** With the public tag, which may stand for another image tomorrow. */
  readonly reference: string;
  /** `sha256:…` of the manifest or index; absent when nothing was pushed. */
  readonly digest?: string;
  /** By digest, which always stands for this image: `registry.example.com/axion/api@sha256:…`. */
  readonly pinned?: string;
  readonly sizeBytes?: number;
  readonly platforms: readonly string[];
  /** What the public tag stood for before. */
  readonly previous?: string;
  readonly promotion: Promotion;
  /** What the gate said; absent when it was not asked. */
  readonly gate?: GateOutcome;
}

/** The part of a run that a program which deploys needs, in a shape that stays. */
export function runResult(run: PipelineRun): RunResult {
  const { error } = run;
  return {
    run: run.run,
    package: run.package,
    tag: run.tag,
    registry: run.registry,
    started: run.started,
    finished: run.finished,
    durationMs: run.durationMs,
    outcome: run.outcome,
    scanned: run.scanned,
    promoted: run.promoted,
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
