import type { RequestOptions } from '../lib/http/request-options.ts';
import type { Operation } from '../lib/operation.ts';
import type { Accessory, GcRun, StartedGc } from '../model/harbor.ts';
import type { SbomReport } from '../model/sbom.ts';
import type { ScanReport } from '../model/scan-report.ts';
import { readAccessoryTypes } from './artifacts/accessories.ts';
import { type Artifact, getArtifact, getNewestArtifacts, listArtifacts } from './artifacts/artifacts.ts';
import { createTag } from './artifacts/create-tag.ts';
import { type DeletePreview, deleteArtifact, previewDelete } from './artifacts/delete.ts';
import { findDigest } from './artifacts/find-digest.ts';
import { type FoundTag, findTag } from './artifacts/find-tag.ts';
import { type ListedTag, type ListTagsOptions, listTags } from './artifacts/list-tags.ts';
import { getNewestOfProject } from './artifacts/newest-of-project.ts';
import { untag } from './artifacts/untag.ts';
import type { HarborApiOptions } from './client/harbor-api.ts';
import { createHarborApi } from './client/harbor-api.ts';
import type { ListOptions } from './client/pages.ts';
import { getGc, listGc, stopGc } from './gc/gc.ts';
import { readGcLog } from './gc/log.ts';
import { type GcEvent, type GcResult, type RunGcOptions, runGc } from './gc/run.ts';
import { type StartGcOptions, startGc } from './gc/start.ts';
import { getOwnPermissions, type OwnPermissionsOptions } from './own-permissions.ts';
import { type ImmutableRule, listImmutableRules } from './policies/immutability.ts';
import { getRetentionPolicy, type RetentionPolicy } from './policies/retention.ts';
import {
  type CreateProjectOptions,
  changePushSettings,
  createProject,
  getProject,
  type Project,
  type PushSettings,
  projectExists,
} from './projects.ts';
import { getRepository, type ListRepositoriesOptions, listRepositories, type Repository } from './repositories.ts';
import { readSbom, type SbomOptions } from './sbom/sbom.ts';
import { type ReadScanOptions, readScanReport } from './scan/report.ts';
import { type ScanOptions, scanArtifact } from './scan/scan-artifact.ts';
import type { ScanEvent } from './scan/scan-event.ts';
import {
  findScannerProblem,
  getScanner,
  readScannerDatabase,
  type Scanner,
  type ScannerProblem,
} from './scan/scanner.ts';
import { startScan } from './scan/start-scan.ts';
import { readVersion } from './version.ts';

// The exports of `objdocker/harbor`.
export { createHttpClient, type HttpClient, type HttpClientOptions } from '../lib/http/client.ts';
export type { RequestOptions } from '../lib/http/request-options.ts';
export type { RetryPolicy } from '../lib/retry.ts';
export { type Credentials, Secret } from '../lib/secret.ts';
export type { GcState } from '../model/enums.ts';
export type { Accessory, ArtifactChild, GcRun, StartedGc, Tag } from '../model/harbor.ts';
export type { Artifact } from './artifacts/artifacts.ts';
export type { DeletePreview } from './artifacts/delete.ts';
export type { FoundTag } from './artifacts/find-tag.ts';
export type { ListedTag, ListTagsOptions } from './artifacts/list-tags.ts';
export type { HarborApiOptions, HarborRetry } from './client/harbor-api.ts';
export type { ListOptions } from './client/pages.ts';
export type { WaitOptions } from './client/waiting.ts';
export type { GcEvent, GcResult, RunGcOptions } from './gc/run.ts';
export type { StartGcOptions } from './gc/start.ts';
export type { OwnPermissionsOptions } from './own-permissions.ts';
export type { ImmutableRule } from './policies/immutability.ts';
export type { RetentionPolicy, RetentionRule } from './policies/retention.ts';
export type { Selector } from './policies/selector.ts';
export type { CreateProjectOptions, Project, PushSettings } from './projects.ts';
export type { ListRepositoriesOptions, Repository } from './repositories.ts';
export type { SbomOptions } from './sbom/sbom.ts';
export type { ScanOverview } from './scan/overview.ts';
export type { ReadScanOptions } from './scan/report.ts';
export type { ScanOptions } from './scan/scan-artifact.ts';
export type { ScanEvent } from './scan/scan-event.ts';
export type { Scanner, ScannerProblem } from './scan/scanner.ts';

/**
 * The API of a Harbor. No request is sent before the first call, and at most 8 requests are in flight at once.
 *
 * Every call throws an ObjDockerError: REGISTRY_UNREACHABLE, REGISTRY_CERTIFICATE, REGISTRY_WRONG_SCHEME, REGISTRY_NOT_HARBOR,
 * REGISTRY_UNAUTHORIZED (wrong password), REGISTRY_FORBIDDEN, REGISTRY_READ_ONLY, REGISTRY_ERROR, CANCELLED and those
 * in its own documentation; `details` has `status`, `harborCode`, `requestId`, `method` and `path`. Transient failures are
 * retried where that is safe.
 */
export interface Harbor {
  /** `host[:port]` */
  readonly host: string;
  /** Such as `v2.15.2-080b0220`; undefined for an anonymous user. */
  version(options?: RequestOptions): Promise<string | undefined>;
  project(name: string): HarborProject;
  readonly gc: HarborGc;
  /** Ends the session of a user, after all requests. A robot has none. The HTTP client stays open. */
  close(): Promise<void>;
}

/** gc of the whole Harbor. Throws REGISTRY_FORBIDDEN unless the login is an administrator or a system robot. */
export interface HarborGc {
  /** Starts gc, or attaches to a run with the same options that is in progress. */
  start(options?: StartGcOptions): Promise<StartedGc>;
  /** Starts or attaches, and waits for the end; a failed run is a result. @throws {ObjDockerError} TIMEOUT */
  run(options?: RunGcOptions): Operation<GcEvent, GcResult>;
  /** @throws {ObjDockerError} GC_NOT_FOUND */
  get(id: number, options?: RequestOptions): Promise<GcRun>;
  /** Its log so far; undefined before it begins. @throws {ObjDockerError} GC_NOT_FOUND */
  log(id: number, options?: RequestOptions): Promise<string | undefined>;
  /** A finished run is left alone. @throws {ObjDockerError} GC_NOT_FOUND */
  stop(id: number, options?: RequestOptions): Promise<void>;
  /** Newest first. */
  history(options?: RequestOptions): AsyncGenerator<GcRun, void, void>;
}

export interface HarborProject {
  readonly name: string;
  /** @throws {ObjDockerError} REGISTRY_PROJECT_MISSING */
  get(options?: RequestOptions): Promise<Project>;
  exists(options?: RequestOptions): Promise<boolean>;
  /** The permissions of the login in the project: `artifact:read`. Undefined when it sees no such project. */
  ownPermissions(options?: OwnPermissionsOptions): Promise<ReadonlySet<string> | undefined>;
  /** `created` is false for a project that exists already; it is left alone. */
  create(options?: CreateProjectOptions): Promise<{ readonly created: boolean }>;
  /** Turns scans and SBOMs of every push on or off. */
  changePushSettings(settings: PushSettings, options?: RequestOptions): Promise<void>;
  /** The tag retention of the project, by the id in its settings. */
  retentionPolicy(id: number, options?: RequestOptions): Promise<RetentionPolicy>;
  /** The tag immutability rules of the project. */
  immutableRules(options?: RequestOptions): Promise<readonly ImmutableRule[]>;
  /** Undefined when the project has none. */
  scanner(options?: RequestOptions): Promise<Scanner | undefined>;
  /** Why its images cannot be scanned; undefined when they can, or without the permission to read the scanner. */
  scannerProblem(options?: RequestOptions): Promise<ScannerProblem | undefined>;
  /** When the vulnerability database of its scanner was updated; undefined where that cannot be read. */
  scannerDatabase(options?: RequestOptions): Promise<string | undefined>;
  /** All repositories, oldest first, each exactly once. */
  listRepositories(options?: ListRepositoriesOptions): AsyncGenerator<Repository, void, void>;
  /**
   * The newest artifact of its repositories by their names, in a few requests for all. A repository may be missing; undefined when
   * Harbor cannot tell, as before 2.11. Then ask each repository.
   */
  newestArtifacts(options?: RequestOptions): Promise<ReadonlyMap<string, Artifact> | undefined>;
  /** @param name without the project: `services/api` */
  repository(name: string): HarborRepository;
}

/** Methods throw REPOSITORY_NOT_FOUND, ARTIFACT_NOT_FOUND and TAG_NOT_FOUND. */
export interface HarborRepository {
  /** Without the project. */
  readonly name: string;
  get(options?: RequestOptions): Promise<Repository>;
  /** All artifacts with their scan overview, oldest first, each exactly once. */
  listArtifacts(options?: ListOptions): AsyncGenerator<Artifact, void, void>;
  /** All tags, or those whose name contains a text. None for a repository that does not exist. */
  listTags(options?: ListTagsOptions): AsyncGenerator<ListedTag, void, void>;
  /** The artifacts that were pushed last, the latest first, in one request; none for an empty or missing repository. */
  newestArtifacts(count: number, options?: RequestOptions): Promise<readonly Artifact[]>;
  /** @param reference a tag or a digest */
  getArtifact(reference: string, options?: RequestOptions): Promise<Artifact>;
  /** What a tag points to; undefined when the tag, its repository or its project does not exist. */
  findTag(tag: string, options?: RequestOptions): Promise<FoundTag | undefined>;
  /**
   * The digest that begins with `prefix`, such as `sha256:4fc5a1b`; also of an image of an index, and of an accessory.
   *
   * @throws {ObjDockerError} ARTIFACT_AMBIGUOUS with the digests in `details.candidates`
   */
  findDigest(prefix: string, options?: RequestOptions): Promise<string>;
  /** Adds the artifact types of accessories whose type Harbor does not know. */
  readAccessoryTypes(accessories: readonly Accessory[], options?: RequestOptions): Promise<readonly Accessory[]>;
  /** What else deleting an artifact would delete, or why it cannot be deleted. Changes nothing. */
  previewDelete(digest: string, options?: RequestOptions): Promise<DeletePreview>;
  /** @throws {ObjDockerError} TAG_IMMUTABLE, ARTIFACT_IN_INDEX */
  deleteArtifact(digest: string, options?: RequestOptions): Promise<void>;
  /** @throws {ObjDockerError} TAG_EXISTS when another artifact has the tag. */
  createTag(digest: string, tag: string, options?: RequestOptions): Promise<{ readonly created: boolean }>;
  /** @throws {ObjDockerError} TAG_IMMUTABLE */
  untag(tag: string, options?: RequestOptions): Promise<{ readonly digest: string }>;
  /** The latest scan of each platform of an artifact. Starts no scan and waits for none. */
  scanReport(reference: string, options?: ReadScanOptions): Promise<ScanReport>;
  /**
   * `started` is false when a scan is already queued or running.
   *
   * @throws {ObjDockerError} SCANNER_MISSING, SCANNER_DOWN, SCAN_UNSUPPORTED, SCAN_FAILED
   */
  startScan(reference: string, options?: RequestOptions): Promise<{ readonly started: boolean }>;
  /**
   * Scans an artifact and waits for the result of this scan; a failed scan is a result.
   *
   * @throws {ObjDockerError} TIMEOUT, and what `startScan` throws.
   */
  scan(reference: string, options?: ScanOptions): Operation<ScanEvent, ScanReport>;
  /**
   * The SBOM of each platform of an artifact; generated before with `trigger`.
   *
   * @throws {ObjDockerError} SBOM_NOT_FOUND, SBOM_FAILED, PLATFORM_INVALID, what `startScan` throws; REGISTRY_TOO_OLD before
   * Harbor 2.11; TIMEOUT
   */
  sbom(reference: string, options?: SbomOptions): Promise<SbomReport>;
}

/**
 * Opens a Harbor.
 *
 * @example
 * ```ts
 * const harbor = openHarbor({ url: 'https://registry.example.com', login, http });
 * for await (const { name, artifactCount } of harbor.project('axion').listRepositories()) console.log(name, artifactCount);
 * ```
 */
export function openHarbor(options: HarborApiOptions): Harbor {
  const api = createHarborApi(options);
  return {
    host: api.host,
    version: (callOptions) => readVersion(api, callOptions),
    close: () => api.close(),
    gc: {
      start: (gcOptions) => startGc(api, gcOptions),
      run: (gcOptions) => runGc(api, gcOptions),
      get: (id, callOptions) => getGc(api, id, callOptions),
      log: (id, callOptions) => readGcLog(api, id, callOptions),
      stop: (id, callOptions) => stopGc(api, id, callOptions),
      history: (callOptions) => listGc(api, callOptions),
    },
    project: (project) => ({
      name: project,
      get: (callOptions) => getProject(api, project, callOptions),
      exists: (callOptions) => projectExists(api, project, callOptions),
      ownPermissions: (callOptions) => getOwnPermissions(api, project, callOptions),
      create: (callOptions) => createProject(api, project, callOptions),
      changePushSettings: (settings, callOptions) => changePushSettings(api, project, settings, callOptions),
      retentionPolicy: (id, callOptions) => getRetentionPolicy(api, project, id, callOptions),
      immutableRules: (callOptions) => listImmutableRules(api, project, callOptions),
      scanner: (callOptions) => getScanner(api, project, callOptions),
      scannerProblem: (callOptions) => findScannerProblem(api, project, callOptions),
      scannerDatabase: (callOptions) => readScannerDatabase(api, project, callOptions),
      listRepositories: (listOptions) => listRepositories(api, project, listOptions),
      newestArtifacts: (listOptions) => getNewestOfProject(api, project, listOptions),
      repository(repository) {
        const ref = { project, repository };
        return {
          name: repository,
          get: (callOptions) => getRepository(api, ref, callOptions),
          listArtifacts: (listOptions) => listArtifacts(api, ref, listOptions),
          listTags: (listOptions) => listTags(api, ref, listOptions),
          newestArtifacts: (count, callOptions) => getNewestArtifacts(api, ref, count, callOptions),
          getArtifact: (reference, callOptions) => getArtifact(api, { ...ref, reference }, callOptions),
          findTag: (tag, callOptions) => findTag(api, ref, tag, callOptions),
          findDigest: (prefix, callOptions) => findDigest(api, ref, prefix, callOptions),
          readAccessoryTypes: (accessories, callOptions) => readAccessoryTypes(api, ref, accessories, callOptions),
          previewDelete: (digest, callOptions) => previewDelete(api, ref, digest, callOptions),
          deleteArtifact: (digest, callOptions) => deleteArtifact(api, ref, digest, callOptions),
          createTag: (digest, tag, callOptions) => createTag(api, ref, { digest, tag }, callOptions),
          untag: (tag, callOptions) => untag(api, ref, tag, callOptions),
          scanReport: (reference, scanOptions) => readScanReport(api, { ...ref, reference }, scanOptions),
          startScan: (reference, callOptions) => startScan(api, { ...ref, reference }, callOptions),
          scan: (reference, scanOptions) => scanArtifact(api, { ...ref, reference }, scanOptions),
          sbom: (reference, sbomOptions) => readSbom(api, { ...ref, reference }, sbomOptions),
        };
      },
    }),
  };
}
