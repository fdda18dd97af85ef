import type { Package } from '../config/package.ts';
import { type Environment, systemEnvironment } from '../lib/environment.ts';
import { loadOperation, type Operation } from '../lib/operation.ts';
import type { AuditReport } from '../model/audit.ts';
import type { PipelineReport } from '../model/pipeline-run.ts';
import type { PackagePlan } from '../model/plan.ts';
import type { StoredRelease } from '../model/release.ts';
import type { ReleaseDiff } from '../model/release-diff.ts';
import type { PromotedRelease, RollbackReport } from '../model/rollback.ts';
import type { ObjDocker } from '../obj-docker/obj-docker.ts';
import type { CallOptions } from '../substrate/obj-substrate.ts';
import type { PipelineEvent } from './events.ts';
import type {
  AuditOptions,
  CleanOptions,
  CleanResult,
  DiffOptions,
  GateOptions,
  GateReport,
  HoldOptions,
  PipelineDependencies,
  PipelineOptions,
  PlanOptions,
  PromoteReleaseOptions,
  ReleasesOptions,
  RollbackOptions,
  UnreadableRelease,
} from './options.ts';

/**
 * The pipeline: builds a package's images, pushes them under a staging tag, waits for Harbor's scans, and moves the public tags
 * when all images passed the gate. A public tag never points to an image that did not pass.
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
  readonly #dependencies: PipelineDependencies;

  /** @param options.environment the one that `docker` uses. @default the system's */
  constructor(docker: ObjDocker, options: { readonly environment?: Environment | undefined } = {}) {
    this.#dependencies = { docker, environment: options.environment ?? systemEnvironment() };
  }

  /**
   * Runs the stages preflight, recover, plan, build, push, scan, gate, promote and registries. A rejected image, a scan that failed or did
   * not finish, and a tag that somebody else moved are results: see `outcome`.
   *
   * Aborting the signal ends the run and removes its staging tags. During the promotion it waits until all tags are moved or all
   * moves are undone, and the run then ends with a result.
   *
   * @throws {ObjDockerError} for any other failure, after the last event `run-finished`. REGISTRY_NOT_HARBOR for a plain registry
   * without `scan: false`.
   */
  run(pkg: Package, options: PipelineOptions = {}): Operation<PipelineEvent, PipelineReport> {
    return loadOperation(async (signal) => {
      const { runPipeline } = await import('./run/run-pipeline.ts');
      return runPipeline(pkg, { ...options, signal }, this.#dependencies);
    }, options.signal);
  }

  /**
   * What a run would do about each service, and why. Changes nothing: it holds no lock, and finishes no release that a run has left.
   *
   * @throws {ObjDockerError} what reading the Dockerfile, the context and the registry throws; BASE_UNREACHABLE
   */
  async plan(pkg: Package, options: PlanOptions = {}): Promise<PackagePlan> {
    const { planPackage } = await import('./plan-package.ts');
    return planPackage(pkg, options, this.#dependencies);
  }

  /**
   * Evaluates the package's policy on images that are already in Harbor. Starts no scan. A scan that is missing, failed or did not
   * finish is a result: see `outcome`.
   *
   * @param repos repositories of the project; `:TAG` or `@DIGEST` selects an image other than the one with the config's tag
   * @throws {ObjDockerError} USAGE when `repos` is empty; REPOSITORY_NOT_FOUND, ARTIFACT_NOT_FOUND, TAG_NOT_FOUND
   */
  gate(pkg: Package, repos: readonly string[], options: GateOptions = {}): Operation<PipelineEvent, GateReport> {
    return loadOperation(async (signal) => {
      const { gatePackage } = await import('./gate.ts');
      return gatePackage(pkg, repos, { ...options, signal }, this.#dependencies);
    }, options.signal);
  }

  /**
   * The latest releases of a package, the newest first. A record that cannot be read is listed with its error.
   *
   * @throws {ObjDockerError} RECORD_NOT_FOUND for a package whose releases are not on record
   */
  async releases(pkg: Package, options: ReleasesOptions = {}): Promise<readonly (StoredRelease | UnreadableRelease)[]> {
    const { listReleases } = await import('./releases.ts');
    return listReleases(pkg, options, this.#dependencies);
  }

  /**
   * One release of a package.
   *
   * @throws {ObjDockerError} RECORD_NOT_FOUND; RECORD_INVALID for a record that is damaged, or that a newer version wrote
   */
  async release(pkg: Package, number: number, options: CallOptions = {}): Promise<StoredRelease> {
    const { readRelease } = await import('./releases.ts');
    return readRelease(pkg, number, options, this.#dependencies);
  }

  /**
   * Goes back to an earlier release: moves the public tags that both list, withdraws the images that are left, and holds the
   * package. Needs no engine, no Dockerfile and no build context, and waits for no scan.
   *
   * @throws {ObjDockerError} RELEASE_NOT_FOUND when there is nothing to go back to; RELEASE_WORSE when today's policy has more
   * against those images; RELEASE_WITHDRAWN, RELEASE_TAG_MOVED, RELEASE_OVERTAKEN, RECORD_NOT_FOUND
   */
  rollback(pkg: Package, options: RollbackOptions = {}): Operation<PipelineEvent, RollbackReport> {
    return loadOperation(async (signal) => {
      const { rollbackPackage } = await import('./rollback/rollback.ts');
      return rollbackPackage(pkg, { ...options, signal }, this.#dependencies);
    }, options.signal);
  }

  /**
   * Gives a release more public tags, without a build. Today's policy is evaluated on its images.
   *
   * @throws {ObjDockerError} RELEASE_REJECTED when an image does not pass; SCAN_FAILED, SCANNER_DOWN or TIMEOUT when its findings are
   * not known; RELEASE_HELD, RELEASE_WITHDRAWN, RELEASE_NEWER, RELEASE_TAG_MOVED, RELEASE_NOT_FOUND, RECORD_NOT_FOUND
   */
  promote(pkg: Package, number: number, options: PromoteReleaseOptions): Operation<PipelineEvent, PromotedRelease> {
    return loadOperation(async (signal) => {
      const { promoteRelease } = await import('./rollback/promote-release.ts');
      return promoteRelease(pkg, number, { ...options, signal }, this.#dependencies);
    }, options.signal);
  }

  /**
   * Holds a package: runs of the pipeline stop before they build, until {@link ObjBuild.resume}.
   *
   * @throws {ObjDockerError} RELEASE_HELD when it is held already
   */
  hold(pkg: Package, options: HoldOptions = {}): Operation<PipelineEvent, StoredRelease> {
    return this.#hold(pkg, 'hold', options);
  }

  /** Ends the hold of a package. @throws {ObjDockerError} RELEASE_NOT_HELD */
  resume(pkg: Package, options: HoldOptions = {}): Operation<PipelineEvent, StoredRelease> {
    return this.#hold(pkg, 'resume', options);
  }

  #hold(pkg: Package, kind: 'hold' | 'resume', options: HoldOptions): Operation<PipelineEvent, StoredRelease> {
    return loadOperation(async (signal) => {
      const { holdPackage } = await import('./rollback/hold.ts');
      return holdPackage(pkg, kind, { ...options, signal }, this.#dependencies);
    }, options.signal);
  }

  /**
   * Whether what is released is there, where the records say, and passes today's policy. Changes nothing without `rescan`. What
   * could not be asked is in the result of its package.
   *
   * @throws {ObjDockerError} why a package cannot be audited, when it is the only one
   */
  audit(packages: readonly Package[], options: AuditOptions = {}): Operation<PipelineEvent, AuditReport> {
    return loadOperation(async (signal) => {
      const { auditPackages } = await import('./audit/audit-package.ts');
      return auditPackages(packages, { ...options, signal }, this.#dependencies);
    }, options.signal);
  }

  /**
   * What differs between two releases: services, findings, packages and sizes. Findings are those of the newest reports that Harbor
   * has of both images. What is not known of an image is no difference, and the result says why.
   *
   * @throws {ObjDockerError} RECORD_NOT_FOUND for a number that is not on record; RELEASE_NOT_FOUND for a record that is no
   * release, and a tag without two of them; RECORD_INVALID; CONFIG_INVALID for a package without a tag, when none is named
   *
   * @example
   * ```ts
   * const { findings, services } = await pipeline.diff(pkg, { from: 11, to: 12 }).result;
   * ```
   */
  diff(pkg: Package, options: DiffOptions = {}): Operation<PipelineEvent, ReleaseDiff> {
    return loadOperation(async (signal) => {
      const { diffReleases } = await import('./diff/diff-releases.ts');
      return diffReleases(pkg, { ...options, signal }, this.#dependencies);
    }, options.signal);
  }

  /** Removes the staging tags that earlier runs of the package have left. Never deletes an artifact. */
  async clean(pkg: Package, options: CleanOptions = {}): Promise<CleanResult> {
    const { cleanPackage } = await import('./clean/clean.ts');
    return cleanPackage(pkg, options, this.#dependencies);
  }
}
