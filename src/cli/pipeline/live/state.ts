import type { PushProgress } from '../../../docker/push/progress.ts';
import type { ScanEvent } from '../../../harbor/scan/scan-event.ts';
import { STAGES, type StageName } from '../../../model/enums.ts';
import type { Promotion, Recovery, StageRecord } from '../../../model/pipeline-run.ts';
import type { PipelineEvent } from '../../../pipeline/events.ts';
import type { CheckResult } from '../../../preflight/preflight.ts';
import { BuildView } from '../../build/render-build.ts';

/** A stage as a terminal shows it. */
export interface StageState {
  readonly name: StageName;
  readonly status: 'pending' | 'running' | StageRecord['status'];
  /** While it runs: its start, in milliseconds since 1970. */
  readonly since?: number;
  readonly durationMs?: number | undefined;
  readonly detail?: string | undefined;
}

/** What the run does about an image. */
export type PlanState = Omit<Extract<PipelineEvent, { type: 'plan' }>, 'type' | 'reference'>;

/** An image and its short name. */
export interface NamedImage {
  /** Its service, else the last part of its repository. */
  readonly name: string;
  readonly reference: string;
}

export type PushState =
  | { readonly kind: 'waiting' | 'failed' }
  | { readonly kind: 'running' | 'retrying'; readonly progress?: PushProgress | undefined }
  | { readonly kind: 'done'; readonly digest: string; readonly durationMs: number };

/** The last event of the scan of a platform. */
export type ScanState = Exclude<ScanEvent, { type: 'trouble' }>;

/** The state of a run, updated by its events. */
export class PipelineState {
  packageName: string | undefined;
  tag = '';
  images: readonly NamedImage[] = [];
  /** Why the run has not started yet. */
  waiting: string | undefined;
  readonly stages: Map<StageName, StageState> = new Map(STAGES.map((name) => [name, { name, status: 'pending' }]));
  /** By id; without a result while the check runs. */
  readonly checks = new Map<string, { readonly title: string; readonly result?: CheckResult }>();
  readonly build = new BuildView();
  /** By name of the image, as are `pushes`, `scans` and `promotions`. */
  readonly plans = new Map<string, PlanState>();
  readonly pushes = new Map<string, PushState>();
  overallPush: PushProgress | undefined;
  /** By platform. */
  readonly scans = new Map<string, Map<string, ScanState>>();
  /** Why Harbor does not respond at the moment. */
  scanTrouble: string | undefined;
  readonly promotions = new Map<string, Promotion>();
  readonly recoveries: Recovery[] = [];
  /** The number of the release, once it has one. */
  release: number | undefined;

  get running(): StageState | undefined {
    return [...this.stages.values()].find(({ status }) => status === 'running');
  }

  /** The images that are built. */
  get builtImages(): readonly NamedImage[] {
    return this.images.filter(({ name }) => (this.plans.get(name)?.action ?? 'build') === 'build');
  }

  /** The name of an image by a reference with any tag. */
  nameOf(reference: string): string {
    const repository = repositoryOf(reference);
    const known = this.images.find((image) => repositoryOf(image.reference) === repository);
    return known?.name ?? repository.slice(repository.lastIndexOf('/') + 1);
  }

  /** Updates the state; `now` in milliseconds since 1970. */
  see(event: PipelineEvent, now: number): void {
    switch (event.type) {
      case 'run-started':
        this.packageName = event.package;
        this.tag = tagOf(event.images[0]?.reference ?? '');
        this.images = event.images.map(({ service, reference }) => ({
          name: service ?? this.nameOf(reference),
          reference,
        }));
        break;
      case 'waiting':
        this.waiting = event.message;
        break;
      case 'stage-started':
        this.waiting = undefined;
        this.stages.set(event.stage, { name: event.stage, status: 'running', since: now });
        break;
      case 'stage-finished':
        this.stages.set(event.stage.name, event.stage);
        break;
      case 'plan': {
        const { action, reasons, release } = event;
        this.plans.set(this.nameOf(event.reference), {
          action,
          reasons,
          ...(release === undefined ? {} : { release }),
        });
        break;
      }
      case 'promotion':
        this.promotions.set(this.nameOf(event.reference), event.promotion);
        break;
      case 'release':
        this.release = event.number;
        break;
      case 'recovered':
        this.recoveries.push(event.recovery);
        break;
      default:
        this.#seeProgress(event);
    }
  }

  #seeProgress(event: PipelineEvent): void {
    if (event.type === 'build') this.build.see(event.event);
    if (event.type === 'push') this.#seePush(event.event);
    if (event.type === 'scan') this.#seeScan(this.nameOf(event.reference), event.event);
    if (event.type !== 'preflight') return;
    const { event: check } = event;
    if (check.type === 'check-started') this.checks.set(check.id, { title: check.title });
    else this.checks.set(check.check.id, { title: check.check.title, result: check.check });
  }

  #seePush(event: Extract<PipelineEvent, { type: 'push' }>['event']): void {
    if (event.type === 'warning') return;
    if (event.type === 'push-finished') {
      const { reference, digest, durationMs } = event.image;
      this.pushes.set(this.nameOf(reference), { kind: 'done', digest, durationMs });
      return;
    }
    const name = this.nameOf(event.reference);
    switch (event.type) {
      case 'push-started':
        this.pushes.set(name, { kind: 'running' });
        break;
      case 'push-progress':
        this.pushes.set(name, { kind: 'running', progress: event.image });
        this.overallPush = event.overall;
        break;
      case 'push-retrying': {
        const before = this.pushes.get(name);
        this.pushes.set(name, { kind: 'retrying', progress: progressOf(before) });
        break;
      }
      case 'push-failed':
        this.pushes.set(name, { kind: 'failed' });
    }
  }

  #seeScan(name: string, event: ScanEvent): void {
    if (event.type === 'trouble') {
      this.scanTrouble = event.message;
      return;
    }
    this.scanTrouble = undefined;
    const platforms = this.scans.get(name) ?? new Map<string, ScanState>();
    this.scans.set(name, platforms.set(event.platform, event));
  }
}

export function progressOf(push: PushState | undefined): PushProgress | undefined {
  return push !== undefined && 'progress' in push ? push.progress : undefined;
}

/** How many images have a result for each of their known platforms. One that is not built has its report, unless it is renewed. */
export function scannedImages({ images, plans, scans }: PipelineState): number {
  return images.filter(({ name }) => {
    const platforms = scans.get(name);
    if (platforms === undefined) return (plans.get(name)?.action ?? 'build') !== 'build';
    return [...platforms.values()].every(({ type }) => type === 'finished');
  }).length;
}

/** A reference without its tag and digest. */
function repositoryOf(reference: string): string {
  const [name = ''] = reference.split('@', 1);
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1);
  return colon === -1 ? name : name.slice(0, colon);
}

function tagOf(reference: string): string {
  return reference.slice(repositoryOf(reference).length + 1);
}
