import { type ErrorDocument, isObjDockerError, ObjDockerError } from '../../errors.ts';
import {
  type PipelineImage,
  type PipelineOutcome,
  type PipelineReport,
  type PipelineRun,
  STAGES,
  type StageName,
  type StageRecord,
} from '../../model/pipeline-run.ts';
import type { ScanReport } from '../../model/scan-report.ts';
import type { PipelineEvent } from '../events.ts';

/** What a stage came to. */
export interface StageResult {
  /** One line for people. */
  readonly detail: string;
  /** It was carried out, and its answer ends the run. @default false */
  readonly failed?: boolean;
}

/** What is known of a run before it does anything. */
export type RunStart = Pick<PipelineRun, 'run' | 'package' | 'tag' | 'registry' | 'scanned'>;

/** An image as the plan names it. */
export type PlannedRunImage = Pick<PipelineImage, 'service' | 'repository' | 'reference'>;

type ImageFacts = Partial<Pick<PipelineImage, 'digest' | 'sizeBytes' | 'platforms' | 'previous' | 'promotion'>>;

/** What the end of a run adds to its record. */
type RunFacts = Partial<
  Pick<PipelineRun, 'verdict' | 'conflicts' | 'recovered' | 'registries' | 'staged' | 'promoted'>
>;

/** The one place where a run's {@link PipelineRun} comes together, and where its events come from. */
export class RunRecord {
  readonly run: string;
  readonly emit: (event: PipelineEvent) => Promise<void>;
  readonly #start: RunStart;
  readonly #now: () => Date;
  readonly #began: Date;
  readonly #clock = performance.now();
  readonly #images = new Map<string, PipelineImage>();
  readonly #stages = new Map<StageName, StageRecord>();
  readonly #warnings = new Set<string>();
  #facts: RunFacts = {};
  #scans: readonly ScanReport[] = [];

  constructor(start: RunStart, how: { now: () => Date; emit: (event: PipelineEvent) => Promise<void> }) {
    this.run = start.run;
    this.emit = how.emit;
    this.#start = start;
    this.#now = how.now;
    this.#began = how.now();
  }

  /** Says that the run begins, and with which images. */
  begin(images: readonly PlannedRunImage[]): void {
    const told = images.map(({ service, reference }) => ({ ...(service === undefined ? {} : { service }), reference }));
    for (const [index, { repository, reference }] of images.entries()) {
      this.#images.set(reference, { ...told[index], repository, reference, platforms: [], promotion: 'none' });
    }
    const { run, package: name } = this.#start;
    void this.emit({ type: 'run-started', run, package: name, images: told, at: this.#began.toISOString() });
  }

  /** Carries a stage out, between the events that say so; one that throws has failed. */
  async stage<Result extends StageResult>(name: StageName, work: () => Promise<Result>): Promise<Result> {
    const started = this.#now().toISOString();
    const clock = performance.now();
    const end = (status: 'done' | 'failed', detail: string): void => {
      this.#finishStage({ name, status, detail, started, durationMs: since(clock) });
    };
    void this.emit({ type: 'stage-started', stage: name, at: started });
    try {
      const result = await work();
      end(result.failed === true ? 'failed' : 'done', result.detail);
      return result;
    } catch (error) {
      end('failed', documentOf(error).message);
      throw error;
    }
  }

  /** A stage that has nothing to do, and why. */
  skip(name: StageName, detail: string): void {
    this.#finishStage({ name, status: 'skipped', detail });
  }

  /** Each message once. */
  warn(message: string): void {
    if (this.#warnings.has(message)) return;
    this.#warnings.add(message);
    void this.emit({ type: 'warning', message });
  }

  /** Adds what has become known of an image. */
  learn(reference: string, facts: ImageFacts): void {
    const known = this.#images.get(reference);
    if (known !== undefined) this.#images.set(reference, { ...known, ...facts });
  }

  /** Adds what has become known of the run. */
  note(facts: RunFacts): void {
    this.#facts = { ...this.#facts, ...facts };
  }

  /** The public tags stand for the images by now. */
  get isPromoted(): boolean {
    return this.#facts.promoted === true;
  }

  /** The scans that were judged, in the order of the images. */
  keepScans(scans: readonly ScanReport[]): void {
    this.#scans = scans;
  }

  /** Ends the run; its last event is on its way. */
  finish(outcome: PipelineOutcome, error?: unknown): PipelineReport {
    const report: PipelineReport = {
      run: {
        ...this.#start,
        started: this.#began.toISOString(),
        finished: this.#now().toISOString(),
        durationMs: since(this.#clock),
        outcome,
        promoted: false,
        images: [...this.#images.values()],
        stages: STAGES.map((name) => this.#stages.get(name) ?? { name, status: 'skipped' }),
        conflicts: [],
        recovered: [],
        staged: [],
        ...this.#facts,
        warnings: [...this.#warnings],
        ...(error === undefined ? {} : { error: documentOf(error) }),
      },
      scans: this.#scans,
    };
    void this.emit({ type: 'run-finished', ...report });
    return report;
  }

  #finishStage(stage: StageRecord): void {
    this.#stages.set(stage.name, stage);
    void this.emit({ type: 'stage-finished', stage });
  }
}

function since(clock: number): number {
  return Math.round(performance.now() - clock);
}

function documentOf(error: unknown): ErrorDocument {
  if (isObjDockerError(error)) return error.toJSON();
  // Whose bug it is, its message may quote anything: it is thrown on, and not kept.
  return new ObjDockerError('INTERNAL', 'something went wrong that is a bug of objdocker').toJSON();
}
