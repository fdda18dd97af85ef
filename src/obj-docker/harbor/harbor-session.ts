import type { Package } from '../../config/package.ts';
import type { DeletePreview } from '../../harbor/artifacts/delete.ts';
import type { GcEvent, GcResult } from '../../harbor/gc/run.ts';
import type { ScanEvent } from '../../harbor/scan/scan-event.ts';
import type { Environment } from '../../lib/environment.ts';
import { createOperation, loadOperation, type Operation } from '../../lib/operation.ts';
import type { GcRun, HarborArtifact, HarborRepo, StartedGc, StartedScan, UntagResult } from '../../model/harbor.ts';
import type { SbomReport } from '../../model/sbom.ts';
import type { ScanReport } from '../../model/scan-report.ts';
import type { CallOptions } from '../../substrate/obj-substrate.ts';
import { connectHarbor, type HarborConnection, type HarborSessionOptions } from './connection.ts';
import type { ListArtifactsOptions, ListReposOptions } from './list-with-scans.ts';
import type { SbomCallOptions, ScanWaitOptions } from './scans.ts';
import type { TagChange } from './set-tag.ts';

export interface StartGcOptions extends CallOptions {
  /** Deletes untagged artifacts too, in every project of that Harbor. @default false */
  readonly deleteUntagged?: boolean | undefined;
  /** Deletes nothing, and reports what gc would delete. @default false */
  readonly dryRun?: boolean | undefined;
  /** How many blobs gc deletes at once, 1 to 5; Harbor before 2.10 ignores it. @default 1 */
  readonly workers?: number | undefined;
}

export interface GcOptions extends StartGcOptions {
  /** How long to wait for the end of the run, in milliseconds. @default 3600000 (an hour) */
  readonly timeoutMs?: number | undefined;
}

/**
 * The Harbor of a package. All calls share one connection, which the first call opens.
 *
 * A `repo` is relative to the project: `services/api`. `axion/services/api`, `api:1.0`, `api@sha256:…` and full references of
 * this Harbor work too. A first component with the name of the project means the project.
 *
 * Every method throws REGISTRY_NOT_HARBOR when config.yaml says that the registry is not a Harbor, REFERENCE_INVALID, and what
 * the client of `objdocker/harbor` throws.
 *
 * @example
 * ```ts
 * await using harbor = docker.harbor(pkg);
 * for await (const { name } of harbor.listRepos()) {
 *   for await (const { digest, scan } of harbor.listArtifacts(name)) console.log(name, digest, scan?.state);
 * }
 * ```
 */
export class HarborSession implements AsyncDisposable {
  readonly #connection: HarborConnection;

  /** Use {@link ObjDocker.harbor}. */
  constructor(pkg: Package, options: HarborSessionOptions, environment: Environment) {
    this.#connection = connectHarbor(pkg, options, environment);
  }

  /**
   * All repositories of the project, oldest first, each exactly once, also while others push and delete. Leaving the loop early
   * ends the requests.
   */
  async *listRepos(options: ListReposOptions = {}): AsyncGenerator<HarborRepo, void, void> {
    const { listRepos } = await import('./list-with-scans.ts');
    yield* listRepos(this.#connection, options);
  }

  /**
   * All artifacts of a repository with the results of their scans, oldest first, each exactly once; only one artifact when
   * `repo` has a tag or a digest.
   *
   * @throws {ObjDockerError} REPOSITORY_NOT_FOUND
   */
  async *listArtifacts(repo: string, options: ListArtifactsOptions = {}): AsyncGenerator<HarborArtifact, void, void> {
    const { listArtifacts } = await import('./list-with-scans.ts');
    yield* listArtifacts(this.#connection, repo, options);
  }

  /**
   * What Harbor knows about the scans of an artifact, platform by platform. Starts no scan and waits for none. A missing report
   * is a result: its `state` says why it is missing.
   *
   * @param reference a tag or digest; `repo` may contain it instead. @default the config's tag
   */
  async scanResults(repo: string, reference?: string, options: CallOptions = {}): Promise<ScanReport> {
    const { scanResults } = await import('./scans.ts');
    return scanResults(this.#connection, { repo, reference }, options);
  }

  /**
   * Starts a scan and does not wait for it.
   *
   * @throws {ObjDockerError} SCANNER_MISSING, SCANNER_DOWN, SCAN_UNSUPPORTED, SCAN_FAILED
   */
  async triggerScan(repo: string, reference?: string, options: CallOptions = {}): Promise<StartedScan> {
    const { triggerScan } = await import('./scans.ts');
    return triggerScan(this.#connection, { repo, reference }, options);
  }

  /**
   * Scans an artifact and waits for the result of this scan, never of an older one. A failed scan is a result.
   *
   * @throws {ObjDockerError} TIMEOUT, and what {@link HarborSession.triggerScan} throws.
   */
  scan(repo: string, reference?: string, options: ScanWaitOptions = {}): Operation<ScanEvent, ScanReport> {
    return loadOperation(async (signal) => {
      const { scan } = await import('./scans.ts');
      return scan(this.#connection, { repo, reference }, { ...options, signal });
    }, options.signal);
  }

  /**
   * The SBOM of an artifact, platform by platform: the packages of each image, and the SPDX document. With `trigger`, has the
   * scanner generate it anew and waits for it.
   *
   * @param reference a tag or digest; `repo` may contain it instead. @default the config's tag
   * @throws {ObjDockerError} SBOM_NOT_FOUND, SBOM_FAILED; REGISTRY_TOO_OLD before Harbor 2.11; PLATFORM_INVALID, TIMEOUT, and what
   * {@link HarborSession.triggerScan} throws
   */
  async sbom(repo: string, reference?: string, options: SbomCallOptions = {}): Promise<SbomReport> {
    const { sbom } = await import('./scans.ts');
    return sbom(this.#connection, { repo, reference }, options);
  }

  /** What {@link HarborSession.deleteArtifact} would delete in addition to the artifact, or why Harbor would refuse. Changes nothing. */
  async previewDelete(repo: string, digest?: string, options: CallOptions = {}): Promise<DeletePreview> {
    const { previewDelete } = await import('./delete-artifact.ts');
    return previewDelete(this.#connection, repo, digest, options);
  }

  /**
   * Deletes an artifact with all its tags, its accessories, and the images of an index that are in no other index.
   *
   * @param digest of the artifact; `repo` may contain it instead
   * @throws {ObjDockerError} USAGE for a tag; ARTIFACT_NOT_FOUND, TAG_IMMUTABLE, ARTIFACT_IN_INDEX
   */
  async deleteArtifact(repo: string, digest?: string, options: CallOptions = {}): Promise<void> {
    const { deleteArtifact } = await import('./delete-artifact.ts');
    return deleteArtifact(this.#connection, repo, digest, options);
  }

  /**
   * Removes a tag and keeps its artifact.
   *
   * @param tag `repo` may contain it instead
   * @throws {ObjDockerError} USAGE without a tag; TAG_NOT_FOUND, TAG_IMMUTABLE
   */
  async untag(repo: string, tag?: string, options: CallOptions = {}): Promise<UntagResult> {
    const { untag } = await import('./untag.ts');
    return untag(this.#connection, repo, tag, options);
  }

  /**
   * Makes a tag point to an artifact of the repository: creates the tag, or moves it without uploading a layer. A tag
   * that already points to the artifact is left alone. With auto_scan, moving a tag starts a new scan, and
   * Harbor hides the old report until it ends.
   *
   * @throws {ObjDockerError} ARTIFACT_NOT_FOUND, TAG_IMMUTABLE; PULL_PREVENTED when a policy of the project prevents pulling the
   * artifact. Moving a tag pulls the manifest, and so does creating one with a robot that may push and not create tags.
   */
  async setTag(repo: string, digest: string, tag: string, options: CallOptions = {}): Promise<TagChange> {
    const { setTag } = await import('./set-tag.ts');
    return setTag(this.#connection, repo, { digest, tag }, options);
  }

  /**
   * Runs gc in that Harbor, for every project, and waits for its end. Leaving the loop ends the wait, not the gc run. A failed
   * run is a result.
   *
   * @throws {ObjDockerError} REGISTRY_FORBIDDEN unless the login is an administrator or a system robot with the permission;
   * TIMEOUT
   */
  gc({ signal: callerSignal, ...options }: GcOptions = {}): Operation<GcEvent, GcResult> {
    return createOperation(async ({ emit, signal }) => {
      const { harbor } = await this.#connection.open(signal);
      const run = harbor.gc.run({ ...options, signal });
      for await (const event of run) await emit(event);
      return await run.result;
    }, callerSignal);
  }

  /** Starts gc as {@link HarborSession.gc} does, and does not wait for its end. */
  async startGc(options: StartGcOptions = {}): Promise<StartedGc> {
    const { harbor } = await this.#connection.open(options.signal);
    return await harbor.gc.start(options);
  }

  /** All gc runs that Harbor remembers, newest first. */
  async *listGc(options: CallOptions = {}): AsyncGenerator<GcRun, void, void> {
    const { harbor } = await this.#connection.open(options.signal);
    yield* harbor.gc.history(options);
  }

  /** The log of a gc run; undefined until the run starts working. @throws {ObjDockerError} GC_NOT_FOUND */
  async gcLog(id: number, options: CallOptions = {}): Promise<string | undefined> {
    const { harbor } = await this.#connection.open(options.signal);
    return await harbor.gc.log(id, options);
  }

  /** Closes the connection, if there is one. A later call connects again. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }
}
