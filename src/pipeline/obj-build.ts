import type { HarborCallOptions } from '../access/harbor-access.ts';
import type { Package } from '../config/package.ts';
import { type Environment, systemEnvironment } from '../lib/environment.ts';
import { loadOperation, type Operation } from '../lib/operation.ts';
import type { PipelineReport } from '../model/pipeline-run.ts';
import type { ScanReport } from '../model/scan-report.ts';
import type { Verdict } from '../model/verdict.ts';
import type { ObjDocker } from '../obj-docker/obj-docker.ts';
import type { CallOptions } from '../substrate/obj-substrate.ts';
import type { PipelineEvent } from './events.ts';
import type { PipelineMachine } from './machine.ts';

export interface PipelineOptions extends CallOptions {
  /** Only these services. @default all */
  readonly services?: readonly string[] | undefined;
  /** The public tag, instead of `image.tag`. */
  readonly tag?: string | undefined;
  /** Instead of `image.platforms`. */
  readonly platforms?: readonly string[] | undefined;
  readonly noCache?: boolean | undefined;
  readonly pull?: boolean | undefined;
  readonly builder?: string | undefined;
  /** False releases without a scan, which the result says. A plain registry takes nothing else. @default true */
  readonly scan?: boolean | undefined;
  /** How long to wait for the scans. @default `deployment.scan.timeout` */
  readonly timeoutMs?: number | undefined;
  /** The packages whose registries go into the registries.yaml. @default the package alone */
  readonly registriesOf?: readonly Package[] | undefined;
}

export interface GateOptions extends Pick<HarborCallOptions, 'signal' | 'onRetry'> {
  /** Waits for scans that run or are about to. @default false */
  readonly wait?: boolean | undefined;
  /** How long to wait. @default `deployment.scan.timeout` */
  readonly timeoutMs?: number | undefined;
}

export interface GateReport {
  readonly verdict: Verdict;
  readonly scans: readonly ScanReport[];
}

export interface CleanOptions extends CallOptions {
  /** @default 24 hours */
  readonly olderThanMs?: number | undefined;
  /** Says what it would remove, and removes nothing. */
  readonly dryRun?: boolean | undefined;
}

export interface CleanResult {
  readonly removed: readonly { readonly reference: string; readonly digest: string }[];
  /** Tags that could not be removed, and why. */
  readonly kept: readonly { readonly reference: string; readonly reason: string }[];
}

/**
 * The pipeline: builds a package's images, pushes them under a staging tag, has Harbor scan them, and gives them their public
 * tag when all of them passed. No image that did not pass ever carries a public tag.
 *
 * @example
 * ```ts
 * const pipeline = new ObjBuild(docker);
 * const run = pipeline.run(config.selectPackage('homechoice'));
 * for await (const event of run) if (event.type === 'stage-finished') console.log(event.stage.name, event.stage.detail);
 * const { run: { outcome } } = await run.result;
 * ```
 */
export class ObjBuild {
  readonly #machine: PipelineMachine;

  /** @param options.host what the machine offers, as `docker` was given it */
  constructor(docker: ObjDocker, options: { readonly environment?: Environment | undefined } = {}) {
    this.#machine = { docker, environment: options.environment ?? systemEnvironment() };
  }

  /**
   * preflight → recover → build → push → scan → gate → promote → registries.yaml. An answer of no (a rejected image, a scan
   * that failed or did not end, a tag that somebody else moved) is a result, whose `outcome` says which.
   *
   * Aborting the signal ends the run, and takes its staging tags off; while tags are moved it waits until all are moved or
   * restored, which is a result then.
   *
   * @throws {ObjDockerError} for what keeps it from an answer; the last event, `run-finished`, comes before that, too. A plain
   * registry without `scan: false` is REGISTRY_NOT_HARBOR.
   */
  run(pkg: Package, options: PipelineOptions = {}): Operation<PipelineEvent, PipelineReport> {
    return loadOperation(async (signal) => {
      const { runPipeline } = await import('./run/run-pipeline.ts');
      return runPipeline(pkg, { ...options, signal }, this.#machine);
    }, options.signal);
  }

  /**
   * Applies the package's policy to images that Harbor has already. Starts no scan. A scan that is missing, failed or did not
   * end in time is a result, whose `outcome` says which.
   *
   * @param repos repositories of the project, with `:TAG` or `@DIGEST` for another image than the one with the config's tag
   * @throws {ObjDockerError} USAGE when none is named; REPOSITORY_NOT_FOUND, ARTIFACT_NOT_FOUND, TAG_NOT_FOUND
   */
  gate(pkg: Package, repos: readonly string[], options: GateOptions = {}): Operation<PipelineEvent, GateReport> {
    return loadOperation(async (signal) => {
      const { gatePackage } = await import('./gate.ts');
      return gatePackage(pkg, repos, { ...options, signal }, this.#machine);
    }, options.signal);
  }

  /** Removes staging tags, of exactly the pipeline's form, that earlier runs of the package have left; never an artifact. */
  async clean(pkg: Package, options: CleanOptions = {}): Promise<CleanResult> {
    const { cleanPackage } = await import('./clean/clean.ts');
    return cleanPackage(pkg, options, this.#machine);
  }
}
