import type { DockerAccess } from '../access/docker-access.ts';
import type { HarborCallOptions } from '../access/harbor-access.ts';
import type { BuildPackageOptions, BuildPackageResult, DescribeBuildOptions } from '../build/build-package.ts';
import type { PushPackageOptions, PushPackageResult } from '../build/push-package.ts';
import type { PlanDescription } from '../buildx/plan-description.ts';
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
import { type RestartOptions, restartContainer } from '../docker/containers/restart.ts';
import { startContainer } from '../docker/containers/start.ts';
import { stopContainer } from '../docker/containers/stop.ts';
import { executeInContainer } from '../docker/exec/execute.ts';
import type { PushEvent } from '../docker/push/push.ts';
import type { DeletePreview } from '../harbor/artifacts/delete.ts';
import type { GcEvent, GcResult } from '../harbor/gc/run.ts';
import type { ScanEvent } from '../harbor/scan/scan-event.ts';
import { type Environment, systemEnvironment } from '../lib/environment.ts';
import { createOperation, loadOperation, type Operation } from '../lib/operation.ts';
import { type SharedWork, shareWork } from '../lib/shared-work.ts';
import type { GcRun, HarborArtifact, HarborRepo, StartedGc, StartedScan, UntagResult } from '../model/harbor.ts';
import type { Instance, InstanceDetail, OutputChunk } from '../model/instance.ts';
import type { SbomReport } from '../model/sbom.ts';
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
import type { HarborSessionOptions } from './harbor/connection.ts';
import { type GcOptions, HarborSession, type StartGcOptions } from './harbor/harbor-session.ts';
import type { ListArtifactsOptions, ListReposOptions } from './harbor/list-with-scans.ts';
import type { SbomCallOptions, ScanWaitOptions } from './harbor/scans.ts';
import type { TagChange } from './harbor/set-tag.ts';

export interface ObjDockerOptions {
  /** @default the environment variables, working folder and programs of this process */
  readonly environment?: Environment | undefined;
  /** @default the engine that the docker client would use */
  readonly engine?: {
    /** The name of a docker context. */
    readonly context?: string | undefined;
    /** `unix://`, `tcp://` or `ssh://`. */
    readonly address?: string | undefined;
  };
}

// Methods load the code for builds, pushes and Harbor when they need it: most commands are about containers only.

/**
 * The Docker substrate: builds and pushes the images of a package, and manages the containers of an engine.
 *
 * @example
 * ```ts
 * const config = await loadConfig('config.yaml');
 * using docker = new ObjDocker();
 * const { images } = await docker.build(config.selectPackage('homechoice')).result;
 * ```
 */
export class ObjDocker implements ObjSubstrate, Disposable {
  readonly #environment: Environment;
  readonly #wanted: NonNullable<ObjDockerOptions['engine']>;
  readonly #engine: SharedWork<Engine>;

  constructor(options: ObjDockerOptions = {}) {
    this.#environment = options.environment ?? systemEnvironment();
    this.#wanted = options.engine ?? {};
    this.#engine = shareWork(async (signal) =>
      connectEngine(await this.#endpoint(), { environment: this.#environment, signal }),
    );
  }

  /**
   * Connects to the engine. All calls share one connection. After a failure, the next call connects again.
   *
   * @throws {ObjDockerError} ENGINE_UNREACHABLE, ENGINE_PERMISSION, ENGINE_TLS, ENGINE_TOO_OLD, ENGINE_CONTEXT_INVALID.
   */
  connect({ signal }: CallOptions = {}): Promise<Engine> {
    return this.#engine.get(signal);
  }

  /** The containers that match all filters, running or not, newest first. */
  async listInstances(options: ListInstancesOptions = {}): Promise<readonly Instance[]> {
    return listContainers(await this.connect(options), options);
  }

  /** The details of a container, by its name, its id, or a unique prefix of its id. */
  async getInstance(name: string, options: CallOptions = {}): Promise<InstanceDetail> {
    return inspectContainer(await this.#engineFor(name, options), name, options);
  }

  /** Starts a container and waits until it runs. */
  async startInstance(name: string, options: CallOptions = {}): Promise<StartResult> {
    return startContainer(await this.#engineFor(name, options), name, options);
  }

  /** Stops a container with its stop signal, or kills it with `force`, and waits for its end. */
  async stopInstance(name: string, options: StopInstanceOptions = {}): Promise<StopResult> {
    return stopContainer(await this.#engineFor(name, options), name, options);
  }

  /** Stops a container with its stop signal and starts it again, in one request, and waits until it runs. */
  async restartInstance(name: string, options: RestartOptions = {}): Promise<StartResult> {
    return restartContainer(await this.#engineFor(name, options), name, options);
  }

  /** Deletes a container and waits until it is gone. A running container needs `force`. */
  async deleteInstance(name: string, options: DeleteInstanceOptions = {}): Promise<DeleteResult> {
    return deleteContainer(await this.#engineFor(name, options), name, options);
  }

  /**
   * Runs a command in a running container, without a shell: {@link ObjSubstrate.executeCommand}. Its environment contains
   * OBJDOCKER_EXEC_ID, a random value that identifies its processes when they must be ended.
   */
  executeCommand(name: string, command: readonly string[], options: ExecuteOptions = {}): Execution {
    return executeInContainer(name, command, options, (call) => this.connect(call));
  }

  /** The output of a container; with `follow`, also its later output: {@link ObjSubstrate.readLogs}. */
  async *readLogs(name: string, options: ReadLogsOptions = {}): AsyncGenerator<OutputChunk, void, void> {
    yield* readContainerLogs(await this.#engineFor(name, options), name, options);
  }

  /**
   * Builds the images of a package, with buildx all of them in one build. Images of the engine's own platform are loaded into
   * the engine. For other or several platforms, the build itself pushes them; they are neither scanned nor evaluated.
   */
  build(pkg: Package, options: BuildPackageOptions = {}): Operation<BuildEvent, BuildPackageResult> {
    return loadOperation(async (signal) => {
      const { buildPackage } = await import('../build/build-package.ts');
      return buildPackage(pkg, { ...options, signal }, this.#access);
    }, options.signal);
  }

  /**
   * What {@link ObjDocker.build} would do, with its arguments and commands. Needs no engine and no network, unless `checks` has
   * the builder check the Dockerfile.
   */
  async describeBuild(pkg: Package, options: DescribeBuildOptions = {}): Promise<PlanDescription> {
    const { describeBuild } = await import('../build/build-package.ts');
    return describeBuild(pkg, options, this.#access);
  }

  /**
   * Pushes the images of a package from the engine. Shared layers are sent once. The images are neither scanned nor evaluated.
   */
  push(pkg: Package, options: PushPackageOptions = {}): Operation<PushEvent, PushPackageResult> {
    return loadOperation(async (signal) => {
      const { pushPackage } = await import('../build/push-package.ts');
      return pushPackage(pkg, { ...options, signal }, this.#access);
    }, options.signal);
  }

  /**
   * Probes the registry of a package, or a host. Problems of the registry are findings of the report, not exceptions.
   *
   * @throws {ObjDockerError} for problems on this side: an unset variable, an unreadable password file, an invalid host.
   */
  async connectRegistry(target: Package | string, { signal }: CallOptions = {}): Promise<ProbeReport> {
    const { probe } = await import('../preflight/probe/probe-package.ts');
    return probe(target, { environment: this.#environment, signal });
  }

  /** Checks everything that a build and a push of the package need. A failed check is a result. */
  preflight(pkg: Package, options: PreflightPackageOptions = {}): Operation<PreflightEvent, PreflightResult> {
    return loadOperation(async (signal) => {
      const { preflightPackage } = await import('../preflight/preflight-package.ts');
      return preflightPackage(pkg, { ...options, signal }, this.#access);
    }, options.signal);
  }

  /**
   * A session with the Harbor of a package. All its calls share one connection, which the first call opens.
   * The `harbor…` methods below open such a session for one call.
   *
   * @example
   * ```ts
   * await using harbor = docker.harbor(pkg);
   * const { digest } = await harbor.scan('services/api').result;
   * await harbor.setTag('services/api', digest, 'stable');
   * ```
   */
  harbor(pkg: Package, options: HarborSessionOptions = {}): HarborSession {
    return new HarborSession(pkg, options, this.#environment);
  }

  /** {@link HarborSession.listRepos} */
  async *harborListRepos(
    pkg: Package,
    options: ListReposOptions & HarborSessionOptions = {},
  ): AsyncGenerator<HarborRepo, void, void> {
    await using harbor = this.harbor(pkg, options);
    yield* harbor.listRepos(options);
  }

  /** {@link HarborSession.listArtifacts} */
  async *harborListArtifacts(
    pkg: Package,
    repo: string,
    options: ListArtifactsOptions & HarborSessionOptions = {},
  ): AsyncGenerator<HarborArtifact, void, void> {
    await using harbor = this.harbor(pkg, options);
    yield* harbor.listArtifacts(repo, options);
  }

  /** {@link HarborSession.scanResults} */
  async harborScanResults(
    pkg: Package,
    repo: string,
    reference?: string,
    options: HarborCallOptions = {},
  ): Promise<ScanReport> {
    await using harbor = this.harbor(pkg, options);
    return await harbor.scanResults(repo, reference, options);
  }

  /** {@link HarborSession.triggerScan} */
  async harborTriggerScan(
    pkg: Package,
    repo: string,
    reference?: string,
    options: HarborCallOptions = {},
  ): Promise<StartedScan> {
    await using harbor = this.harbor(pkg, options);
    return await harbor.triggerScan(repo, reference, options);
  }

  /** {@link HarborSession.scan} */
  harborScan(
    pkg: Package,
    repo: string,
    reference?: string,
    options: ScanWaitOptions & HarborSessionOptions = {},
  ): Operation<ScanEvent, ScanReport> {
    return this.#harborOperation(pkg, options, (harbor, signal) =>
      harbor.scan(repo, reference, { ...options, signal }),
    );
  }

  /** {@link HarborSession.sbom} */
  async harborSbom(
    pkg: Package,
    repo: string,
    reference?: string,
    options: SbomCallOptions & HarborSessionOptions = {},
  ): Promise<SbomReport> {
    await using harbor = this.harbor(pkg, options);
    return await harbor.sbom(repo, reference, options);
  }

  /** {@link HarborSession.previewDelete} */
  async harborPreviewDelete(
    pkg: Package,
    repo: string,
    digest?: string,
    options: HarborCallOptions = {},
  ): Promise<DeletePreview> {
    await using harbor = this.harbor(pkg, options);
    return await harbor.previewDelete(repo, digest, options);
  }

  /** {@link HarborSession.deleteArtifact} */
  async harborDeleteArtifact(
    pkg: Package,
    repo: string,
    digest?: string,
    options: HarborCallOptions = {},
  ): Promise<void> {
    await using harbor = this.harbor(pkg, options);
    await harbor.deleteArtifact(repo, digest, options);
  }

  /** {@link HarborSession.untag} */
  async harborUntag(pkg: Package, repo: string, tag?: string, options: HarborCallOptions = {}): Promise<UntagResult> {
    await using harbor = this.harbor(pkg, options);
    return await harbor.untag(repo, tag, options);
  }

  /** {@link HarborSession.setTag} */
  async harborSetTag(
    pkg: Package,
    repo: string,
    digest: string,
    tag: string,
    options: HarborCallOptions = {},
  ): Promise<TagChange> {
    await using harbor = this.harbor(pkg, options);
    return await harbor.setTag(repo, digest, tag, options);
  }

  /** {@link HarborSession.gc} */
  harborGc(pkg: Package, options: GcOptions & HarborSessionOptions = {}): Operation<GcEvent, GcResult> {
    return this.#harborOperation(pkg, options, (harbor, signal) => harbor.gc({ ...options, signal }));
  }

  /** {@link HarborSession.startGc} */
  async harborStartGc(pkg: Package, options: StartGcOptions & HarborSessionOptions = {}): Promise<StartedGc> {
    await using harbor = this.harbor(pkg, options);
    return await harbor.startGc(options);
  }

  /** {@link HarborSession.listGc} */
  async *harborListGc(pkg: Package, options: HarborCallOptions = {}): AsyncGenerator<GcRun, void, void> {
    await using harbor = this.harbor(pkg, options);
    yield* harbor.listGc(options);
  }

  /** {@link HarborSession.gcLog} */
  async harborGcLog(pkg: Package, id: number, options: HarborCallOptions = {}): Promise<string | undefined> {
    await using harbor = this.harbor(pkg, options);
    return await harbor.gcLog(id, options);
  }

  /** Closes the connection to the engine, if there is one. A later call connects again. */
  close(): void {
    void this.#engine.forget((engine) => engine.close());
  }

  /** The same as {@link ObjDocker.close}: `using docker = new ObjDocker()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** An operation with a session of its own. */
  #harborOperation<Event, Result>(
    pkg: Package,
    options: HarborCallOptions,
    start: (harbor: HarborSession, signal: AbortSignal) => Operation<Event, Result>,
  ): Operation<Event, Result> {
    return createOperation(async ({ emit, signal }) => {
      await using harbor = this.harbor(pkg, options);
      const operation = start(harbor, signal);
      for await (const event of operation) await emit(event);
      return await operation.result;
    }, options.signal);
  }

  get #access(): DockerAccess {
    return {
      environment: this.#environment,
      connect: (call) => this.connect(call),
      endpoint: () => this.#endpoint(),
    };
  }

  /** Connects for a call on a container. An invalid name fails before that. */
  async #engineFor(name: string, options: CallOptions): Promise<Engine> {
    checkContainerName(name);
    return this.connect(options);
  }

  #endpoint(): Promise<EngineEndpoint> {
    const { context, address } = this.#wanted;
    return discoverEngine({ environment: this.#environment, context, hostFlag: address });
  }
}
