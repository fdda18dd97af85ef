import { type ErrorJson, isObjDockerError, ObjDockerError } from '../../errors.ts';
import { type PipelineOutcome, STAGES, type StageName } from '../../model/enums.ts';
import type {
  PipelineImage,
  PipelineImageTag,
  PipelineReport,
  PipelineRun,
  Recovery,
  StageRecord,
} from '../../model/pipeline-run.ts';
import type { ScanReport } from '../../model/scan-report.ts';
import type { PipelineEvent } from '../events.ts';

/** The result of a stage. */
export interface StageResult {
  /** The result in one line, for people. */
  readonly detail: string;
  /** The stage worked, and its result ends the run. @default false */
  readonly failed?: boolean;
}

/** The fields of a run that are known before it starts. */
export type RunStart = Pick<PipelineRun, 'run' | 'package' | 'tags' | 'registry' | 'scanned'>;

/** An image as planned. */
export interface PlannedRunImage extends Pick<PipelineImage, 'service' | 'repository' | 'reference'> {
  /** The public references, one for each public tag. */
  readonly publicTags: readonly { readonly tag: string; readonly reference: string }[];
}

type ImageUpdate = Partial<
  Pick<PipelineImage, 'digest' | 'sizeBytes' | 'platforms' | 'action' | 'reasons' | 'release' | 'revision' | 'built'>
>;

type TagUpdate = Partial<Pick<PipelineImageTag, 'previous' | 'promotion'>>;

/** The fields of a run that stages add. */
type RunUpdate = Partial<
  Pick<PipelineRun, 'verdict' | 'conflicts' | 'release' | 'recovered' | 'registries' | 'staged' | 'promoted'>
>;

/** Collects the {@link PipelineRun} of a run and emits its events. */
export class RunProgress {
  readonly run: string;
  readonly emit: (event: PipelineEvent) => Promise<void>;
  readonly #start: RunStart;
  readonly #now: () => Date;
  readonly #started: Date;
  readonly #clock = performance.now();
  readonly #images = new Map<string, PipelineImage>();
  readonly #stages = new Map<StageName, StageRecord>();
  readonly #warnings = new Set<string>();
  readonly #reported: string[] = [];
  #update: RunUpdate = {};
  #scans: readonly ScanReport[] = [];

  constructor(start: RunStart, options: { now: () => Date; emit: (event: PipelineEvent) => Promise<void> }) {
    this.run = start.run;
    this.emit = options.emit;
    this.#start = start;
    this.#now = options.now;
    this.#started = options.now();
  }

  /** Emits `run-started`. */
  start(images: readonly PlannedRunImage[]): void {
    const named = images.map(({ service, reference }) => ({
      ...(service === undefined ? {} : { service }),
      reference,
    }));
    for (const [index, { repository, reference, publicTags }] of images.entries()) {
      const tags = publicTags.map((tag) => ({ ...tag, promotion: 'none' as const }));
      this.#images.set(reference, { ...named[index], repository, reference, platforms: [], tags });
    }
    const { run, package: name } = this.#start;
    void this.emit({ type: 'run-started', run, package: name, images: named, at: this.#started.toISOString() });
  }

  /** Runs a stage and emits its events. A stage that throws has failed. */
  async stage<Result extends StageResult>(name: StageName, work: () => Promise<Result>): Promise<Result> {
    const started = this.#now().toISOString();
    const clock = performance.now();
    const finish = (status: 'done' | 'failed', detail: string): void => {
      this.#finishStage({ name, status, detail, started, durationMs: since(clock) });
    };
    void this.emit({ type: 'stage-started', stage: name, at: started });
    try {
      const result = await work();
      finish(result.failed === true ? 'failed' : 'done', result.detail);
      return result;
    } catch (error) {
      finish('failed', errorJsonOf(error).message);
      throw error;
    }
  }

  /** Records a stage that has nothing to do. */
  skip(name: StageName, detail: string): void {
    this.#finishStage({ name, status: 'skipped', detail });
  }

  /** Records and emits a warning, each message once. */
  warn(message: string): void {
    if (this.#warnings.has(message)) return;
    this.#warnings.add(message);
    if (!this.#reported.some((text) => text.includes(message))) void this.emit({ type: 'warning', message });
  }

  /** Notes a text that an event has shown already: the run's warnings keep what it says, without another event. */
  reported(text: string): void {
    this.#reported.push(text);
  }

  /** Adds what is now known about an image. */
  updateImage(reference: string, update: ImageUpdate): void {
    const known = this.#images.get(reference);
    if (known !== undefined) this.#images.set(reference, { ...known, ...update });
  }

  /** Adds what is now known about a public tag. @param reference with that tag */
  updateTag(reference: string, update: TagUpdate): void {
    for (const [key, image] of this.#images) {
      const tags = image.tags.map((tag) => (tag.reference === reference ? { ...tag, ...update } : tag));
      this.#images.set(key, { ...image, tags });
    }
  }

  /** Adds what is now known about the run. */
  update(update: RunUpdate): void {
    this.#update = { ...this.#update, ...update };
  }

  /** Adds what was done about the release that an earlier run has left, and emits its event. */
  addRecovery(recovery: Recovery): void {
    this.update({ recovered: [...this.recovered, recovery] });
    void this.emit({ type: 'recovered', recovery });
  }

  get recovered(): readonly Recovery[] {
    return this.#update.recovered ?? [];
  }

  /** Whether the public tags point to the images. */
  get isPromoted(): boolean {
    return this.#update.promoted === true;
  }

  /** The scans that the gate evaluates, in the order of the images. */
  setScans(scans: readonly ScanReport[]): void {
    this.#scans = scans;
  }

  /** Ends the run and emits `run-finished`. */
  finish(outcome: PipelineOutcome, error?: unknown): PipelineReport {
    const report: PipelineReport = {
      run: {
        ...this.#start,
        started: this.#started.toISOString(),
        finished: this.#now().toISOString(),
        durationMs: since(this.#clock),
        outcome,
        promoted: false,
        images: [...this.#images.values()],
        stages: STAGES.map((name) => this.#stages.get(name) ?? { name, status: 'skipped' }),
        conflicts: [],
        recovered: [],
        staged: [],
        ...this.#update,
        warnings: [...this.#warnings],
        ...(error === undefined ? {} : { error: errorJsonOf(error) }),
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

function errorJsonOf(error: unknown): ErrorJson {
  if (isObjDockerError(error)) return error.toJSON();
  // The message of a bug may contain secrets, so the run does not keep it.
  return new ObjDockerError('INTERNAL', 'internal error in objdocker').toJSON();
}
