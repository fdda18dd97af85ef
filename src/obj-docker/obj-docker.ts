import type { DockerAccess } from '../access/docker-access.ts';
import type { HarborCallOptions } from '../access/harbor-access.ts';
import type { BuildPackageOptions, BuildPackageResult } from '../build/build-package.ts';
import type { PushPackageOptions, PushPackageResult } from '../build/push-package.ts';
import type { PlanDescription } from '../buildx/describe.ts';
import type { BuildEvent } from '../buildx/progress/events.ts';
import type { Package } from '../config/package.ts';
import { connectEngine } from '../docker/connection/connect.ts';
import { discoverEngine, type EngineEndpoint } from '../docker/connection/endpoint.ts';
import type { Engine } from '../docker/connection/engine.ts';
import { deleteContainer } from '../docker/containers/delete.ts';
import { checkContainerName } from '../docker/containers/find.ts';
import { inspectContainer } from '../docker/containers/inspect.ts';
import { listContainers } from '../docker/containers/list.ts';
import { readContainerLogs } from '../docker/containers/logs.ts';
import { startContainer } from '../docker/containers/start.ts';
import { stopContainer } from '../docker/containers/stop.ts';
import { executeInContainer } from '../docker/exec/execute.ts';
import type { PushEvent } from '../docker/push/push.ts';
import type { DeletePreview } from '../harbor/artifacts/delete.ts';
import type { GarbageCollection } from '../harbor/gc/gc.ts';
import type { GcEvent, GcResult } from '../harbor/gc/run.ts';
import type { StartedGc } from '../harbor/gc/start.ts';
import type { ScanEvent } from '../harbor/scan/scan-event.ts';
import { type Environment, systemEnvironment } from '../lib/environment.ts';
import { loadOperation, type Operation } from '../lib/operation.ts';
import { type Shared, share } from '../lib/share.ts';
import type { Instance, InstanceDetail, OutputChunk } from '../model/instance.ts';
import type { ScanReport } from '../model/scan-report.ts';
import type { PreflightEvent, PreflightResult } from '../preflight/preflight.ts';
import type { PreflightPackageOptions } from '../preflight/preflight-package.ts';
import type { ProbeReport } from '../preflight/probe/report.ts';
import type {
  CallOptions,
  DeleteInstanceOptions,
  DeleteResult,
  ExecuteOptions,
  Execution,
  ListInstancesOptions,
  ObjSubstrate,
  ReadLogsOptions,
  StartResult,
  StopInstanceOptions,
  StopResult,
} from '../substrate/obj-substrate.ts';
import type { RemovedTag } from './harbor/delete-artifact.ts';
import type { CollectOptions, StartCollectionOptions } from './harbor/gc.ts';
import type { HarborArtifact, HarborListOptions, HarborRepo, ListReposOptions } from './harbor/lists.ts';
import type { ScanWaitOptions, StartedScan } from './harbor/scans.ts';
import type { TagChange } from './harbor/set-tag.ts';

export interface ObjDockerOptions {
  /** What the machine offers. @default the process's own environment, working folder and programs */
  readonly environment?: Environment | undefined;
  /** Which engine, when not the one that the docker client would use. */
  readonly engine?: {
    /** The name of a docker context. */
    readonly context?: string | undefined;
    /** `unix://`, `tcp://` or `ssh://`. */
    readonly address?: string | undefined;
  };
}

// What builds, pushes and speaks to Harbor is loaded by the methods that need it: most programs, and most commands, look after
// containers only.

/**
 * The Docker substrate: builds a package's images, pushes them, and looks after the containers of an engine.
 *
 * @example
 * ```ts
 * const config = await loadConfig('config.yaml');
 * const docker = new ObjDocker();
 * const { images } = await docker.build(config.selectPackage('homechoice')).result;
 * docker.close();
 * ```
 */
export class ObjDocker implements ObjSubstrate {
  readonly #host: Environment;
  readonly #wanted: NonNullable<ObjDockerOptions['engine']>;
  readonly #engine: Shared<Engine>;

  constructor(options: ObjDockerOptions = {}) {
    this.#host = options.environment ?? systemEnvironment();
    this.#wanted = options.engine ?? {};
    this.#engine = share(async (signal) => connectEngine(await this.#endpoint(), { environment: this.#host, signal }));
  }

  /**
   * Connects to the engine from the environment and pings it. All calls share one connection; after a failure the next call
   * tries again.
   *
   * @throws {ObjDockerError} ENGINE_UNREACHABLE, ENGINE_PERMISSION, ENGINE_TLS, ENGINE_TOO_OLD, ENGINE_CONTEXT_INVALID.
   */
  connect({ signal }: CallOptions = {}): Promise<Engine> {
    return this.#engine.get(signal);
  }

  /** All containers, running or not, newest first; those that pass every filter given. */
  async listInstances(options: ListInstancesOptions = {}): Promise<readonly Instance[]> {
    return listContainers(await this.connect(options), options);
  }

  /** One container in detail: by its name, its id, or the beginning of its id that no other has. */
  async getInstance(name: string, options: CallOptions = {}): Promise<InstanceDetail> {
    return inspectContainer(await this.#engineFor(name, options), name, options);
  }

  /** Starts a container and waits until it runs. */
  async startInstance(name: string, options: CallOptions = {}): Promise<StartResult> {
    return startContainer(await this.#engineFor(name, options), name, options);
  }

  /** Stops a container as its image wants it stopped, or ends it with `force`, and waits until it has. */
  async stopInstance(name: string, options: StopInstanceOptions = {}): Promise<StopResult> {
    return stopContainer(await this.#engineFor(name, options), name, options);
  }

  /** Removes a container and waits until it is gone. One that runs is refused without `force`. */
  async deleteInstance(name: string, options: DeleteInstanceOptions = {}): Promise<DeleteResult> {
    return deleteContainer(await this.#engineFor(name, options), name, options);
  }

  /**
   * Runs a command in a running container, without a shell: {@link ObjSubstrate.executeCommand}. Its environment holds
   * OBJDOCKER_EXEC_ID, a random mark by which its processes are found should they have to be ended.
   */
  executeCommand(name: string, command: readonly string[], options: ExecuteOptions = {}): Execution {
    return executeInContainer(name, command, options, (call) => this.connect(call));
  }

  /** What a container has written; with `follow`, also what it writes from now: {@link ObjSubstrate.readLogs}. */
  async *readLogs(name: string, options: ReadLogsOptions = {}): AsyncGenerator<OutputChunk, void, void> {
    yield* readContainerLogs(await this.#engineFor(name, options), name, options);
  }

  /**
   * Builds a package's images: all services in one solve where buildx is there. A native platform is loaded into the engine;
   * another one, or several, is pushed by the build itself, neither scanned nor gated.
   */
  build(pkg: Package, options: BuildPackageOptions = {}): Operation<BuildEvent, BuildPackageResult> {
    return loadOperation(async (signal) => {
      const { buildPackage } = await import('../build/build-package.ts');
      return buildPackage(pkg, { ...options, signal }, this.#machine);
    }, options.signal);
  }

  /** What {@link ObjDocker.build} would do, with which arguments and commands. Needs no engine and no network. */
  async describeBuild(pkg: Package, options: BuildPackageOptions = {}): Promise<PlanDescription> {
    const { describeBuild } = await import('../build/build-package.ts');
    return describeBuild(pkg, options, this.#machine);
  }

  /**
   * Pushes a package's images as they lie in the engine. Layers that they share are sent once; credentials travel in a
   * header. What is pushed is neither scanned nor gated.
   */
  push(pkg: Package, options: PushPackageOptions = {}): Operation<PushEvent, PushPackageResult> {
    return loadOperation(async (signal) => {
      const { pushPackage } = await import('../build/push-package.ts');
      return pushPackage(pkg, { ...options, signal }, this.#machine);
    }, options.signal);
  }

  /**
   * Probes a package's registry, or a host by name. Whatever is wrong is a finding of the report, not an exception.
   *
   * @throws {ObjDockerError} for what is wrong on this side: an unset variable, an unreadable password file, a bad host.
   */
  async connectRegistry(target: Package | string, { signal }: CallOptions = {}): Promise<ProbeReport> {
    const { probe } = await import('../preflight/probe/probe-package.ts');
    return probe(target, { environment: this.#host, signal });
  }

  /** Checks everything that a build and a push of the package need, side by side. A failed check is a result. */
  preflight(pkg: Package, options: PreflightPackageOptions = {}): Operation<PreflightEvent, PreflightResult> {
    return loadOperation(async (signal) => {
      const { preflightPackage } = await import('../preflight/preflight-package.ts');
      return preflightPackage(pkg, { ...options, signal }, this.#machine);
    }, options.signal);
  }

  /**
   * All repositories of the package's Harbor project, oldest first, each exactly once, however others push and delete
   * meanwhile. Leaving the loop early ends the requests.
   *
   * In the methods that follow a `repo` is relative to the project: `services/api`. `axion/services/api`, `api:1.0`,
   * `api@sha256:…` and full references of this Harbor are understood, too; a first part that is the project's name is the
   * project. All of them throw REGISTRY_NOT_HARBOR when the package's registry is a plain one by its config,
   * REFERENCE_INVALID, and what the client of `objdocker/harbor` throws.
   *
   * @example
   * ```ts
   * for await (const { name, newest } of docker.harborListRepos(pkg, { scan: true })) console.log(name, newest?.scan?.state);
   * ```
   */
  async *harborListRepos(pkg: Package, options: ListReposOptions = {}): AsyncGenerator<HarborRepo, void, void> {
    const { listRepos } = await import('./harbor/lists.ts');
    yield* listRepos(pkg, options, { environment: this.#host });
  }

  /** All artifacts of a repository with what their scans say, oldest first. @throws {ObjDockerError} REPOSITORY_NOT_FOUND */
  async *harborListArtifacts(
    pkg: Package,
    repo: string,
    options: HarborListOptions = {},
  ): AsyncGenerator<HarborArtifact, void, void> {
    const { listArtifactsOf } = await import('./harbor/lists.ts');
    yield* listArtifactsOf(pkg, repo, options, { environment: this.#host });
  }

  /**
   * What Harbor knows of the scans of an artifact, platform by platform. Starts nothing and waits for nothing: that there is no
   * report is a result, and which one its `state` says.
   *
   * @param reference a tag or digest; `repo` may hold it instead. @default the config's tag
   */
  async harborScanResults(
    pkg: Package,
    repo: string,
    reference?: string,
    options: HarborCallOptions = {},
  ): Promise<ScanReport> {
    const { readScan } = await import('./harbor/scans.ts');
    return readScan({ pkg, repo, reference }, options, { environment: this.#host });
  }

  /**
   * Starts a scan by hand, and does not wait for it.
   *
   * @throws {ObjDockerError} SCANNER_MISSING, SCANNER_DOWN, SCAN_UNSUPPORTED, SCAN_FAILED
   */
  async harborTriggerScan(
    pkg: Package,
    repo: string,
    reference?: string,
    options: HarborCallOptions = {},
  ): Promise<StartedScan> {
    const { triggerScan } = await import('./harbor/scans.ts');
    return triggerScan({ pkg, repo, reference }, options, { environment: this.#host });
  }

  /**
   * Scans an artifact and waits for the result of this scan, never of an older one. A scan that fails is a result.
   *
   * @throws {ObjDockerError} TIMEOUT, and what {@link ObjDocker.harborTriggerScan} throws.
   */
  harborScan(
    pkg: Package,
    repo: string,
    reference?: string,
    options: ScanWaitOptions = {},
  ): Operation<ScanEvent, ScanReport> {
    return loadOperation(async (signal) => {
      const { waitForScan } = await import('./harbor/scans.ts');
      return waitForScan({ pkg, repo, reference }, { ...options, signal }, { environment: this.#host });
    }, options.signal);
  }

  /** What {@link ObjDocker.harborDeleteArtifact} would delete beside the artifact, or why Harbor would refuse. Changes nothing. */
  async harborPreviewDelete(
    pkg: Package,
    repo: string,
    digest?: string,
    options: HarborCallOptions = {},
  ): Promise<DeletePreview> {
    const { previewDeletion } = await import('./harbor/delete-artifact.ts');
    return previewDeletion(pkg, repo, digest, options, { environment: this.#host });
  }

  /**
   * Deletes an artifact with all its tags, accessories and the images of an index that nothing else holds.
   *
   * @param digest of the artifact; `repo` may hold it instead
   * @throws {ObjDockerError} USAGE for a tag; ARTIFACT_NOT_FOUND, TAG_IMMUTABLE, ARTIFACT_IN_INDEX
   */
  async harborDeleteArtifact(
    pkg: Package,
    repo: string,
    digest?: string,
    options: HarborCallOptions = {},
  ): Promise<void> {
    const { deleteFromHarbor } = await import('./harbor/delete-artifact.ts');
    return deleteFromHarbor(pkg, repo, digest, options, { environment: this.#host });
  }

  /** Takes a tag off its artifact, which stays. @throws {ObjDockerError} TAG_NOT_FOUND, TAG_IMMUTABLE */
  async harborRemoveTag(
    pkg: Package,
    repo: string,
    tag?: string,
    options: HarborCallOptions = {},
  ): Promise<RemovedTag> {
    const { removeHarborTag } = await import('./harbor/delete-artifact.ts');
    return removeHarborTag(pkg, repo, tag, options, { environment: this.#host });
  }

  /**
   * Makes a tag stand for an artifact that the repository has: makes it, or moves it at once and without sending a layer. A tag
   * that stands for the artifact already is left alone. Where the project scans what is pushed, moving starts a new scan, and
   * the old report is hidden until it ends.
   *
   * @throws {ObjDockerError} ARTIFACT_NOT_FOUND, TAG_IMMUTABLE; PULL_PREVENTED when a policy of the project keeps the artifact
   * from being read, which moving takes, and making only for a robot that may push and not make tags
   */
  async harborSetTag(
    pkg: Package,
    repo: string,
    digest: string,
    tag: string,
    options: HarborCallOptions = {},
  ): Promise<TagChange> {
    const { setHarborTag } = await import('./harbor/set-tag.ts');
    return setHarborTag(pkg, repo, { digest, tag }, options, { environment: this.#host });
  }

  /**
   * Collects the garbage of the package's Harbor, of every project in it, and waits until it is over. Leaving the loop ends the
   * wait, not the collection. One that fails is a result.
   *
   * @throws {ObjDockerError} REGISTRY_FORBIDDEN to all but administrators of that Harbor; TIMEOUT
   */
  harborGc(pkg: Package, options: CollectOptions = {}): Operation<GcEvent, GcResult> {
    return loadOperation(async (signal) => {
      const { collectGarbage } = await import('./harbor/gc.ts');
      return collectGarbage(pkg, { ...options, signal }, { environment: this.#host });
    }, options.signal);
  }

  /** Starts a garbage collection as {@link ObjDocker.harborGc} does, and does not wait for it. */
  async harborStartGc(pkg: Package, options: StartCollectionOptions = {}): Promise<StartedGc> {
    const { startCollection } = await import('./harbor/gc.ts');
    return startCollection(pkg, options, { environment: this.#host });
  }

  /** All garbage collections that Harbor remembers, newest first. */
  async *harborListGc(pkg: Package, options: HarborCallOptions = {}): AsyncGenerator<GarbageCollection, void, void> {
    const { listCollections } = await import('./harbor/gc.ts');
    yield* listCollections(pkg, options, { environment: this.#host });
  }

  /** What a garbage collection has written; undefined as long as it has not begun. @throws {ObjDockerError} GC_NOT_FOUND */
  async harborGcLog(pkg: Package, id: number, options: HarborCallOptions = {}): Promise<string | undefined> {
    const { readCollectionLog } = await import('./harbor/gc.ts');
    return readCollectionLog(pkg, id, options, { environment: this.#host });
  }

  /** Ends the connection to the engine, if there is one. */
  close(): void {
    this.#engine.forget((engine) => engine.close());
  }

  get #machine(): DockerAccess {
    return {
      environment: this.#host,
      connect: (call) => this.connect(call),
      endpoint: () => this.#endpoint(),
    };
  }

  /** The engine, for a call on a container. What cannot be one is refused before anything is asked. */
  async #engineFor(name: string, options: CallOptions): Promise<Engine> {
    checkContainerName(name);
    return this.connect(options);
  }

  #endpoint(): Promise<EngineEndpoint> {
    const { context, address } = this.#wanted;
    return discoverEngine({ environment: this.#host, context, hostFlag: address });
  }
}
