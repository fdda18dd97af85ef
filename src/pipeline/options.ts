import type { HarborCallOptions } from '../access/harbor-access.ts';
import type { Package } from '../config/package.ts';
import type { ObjDockerError } from '../errors.ts';
import type { Environment } from '../lib/environment.ts';
import type { ScanReport } from '../model/scan-report.ts';
import type { Verdict } from '../model/verdict.ts';
import type { ObjDocker } from '../obj-docker/obj-docker.ts';
import type { CallOptions } from '../substrate/obj-substrate.ts';

/** What the pipeline works with. */
export interface PipelineDependencies {
  readonly docker: ObjDocker;
  readonly environment: Environment;
}

export interface PipelineOptions extends CallOptions {
  /** Only these services. @default all */
  readonly services?: readonly string[] | undefined;
  /** The public tags; the first is VERSION. @default `image.tags`, else `image.tag` */
  readonly tags?: readonly string[] | undefined;
  /** @default `image.platforms` */
  readonly platforms?: readonly string[] | undefined;
  readonly noCache?: boolean | undefined;
  readonly pull?: boolean | undefined;
  readonly builder?: string | undefined;
  /** Builds all images, also those that nothing has changed of. @default false */
  readonly rebuild?: boolean | undefined;
  /** Builds, without a cache and with fresh base images, what was built longer ago, in milliseconds. @default never */
  readonly rebuildOlderMs?: number | undefined;
  /** False releases without scans, and the result says so. Required for a plain registry. @default true */
  readonly scan?: boolean | undefined;
  /** Releases a commit that is older than that of the current release. @default false */
  readonly backwards?: boolean | undefined;
  /**
   * What to do about a public tag that does not point to what the current release says, because somebody moved it by hand:
   * `adopt` takes what it points to as the state before, `reset` moves it to what the release says. @default RELEASE_TAG_MOVED
   */
  readonly movedTags?: 'adopt' | 'reset' | undefined;
  /** Releases although the package is held. The hold stays. @default false */
  readonly throughHold?: boolean | undefined;
  /** Releases images that a rollback has withdrawn. @default RELEASE_WITHDRAWN */
  readonly releaseWithdrawn?: boolean | undefined;
  /** The numbers of release records to go on without: damaged ones, at which somebody has looked. @default none */
  readonly ignoredRecords?: readonly number[] | undefined;
  /** How long to wait for the scans. @default `deployment.scan.timeout` */
  readonly timeoutMs?: number | undefined;
  /** The packages whose registries are written to registries.yaml. @default the package alone */
  readonly registriesOf?: readonly Package[] | undefined;
  /** Absolute paths that the caller writes: reports, events. They are excluded from the build context. */
  readonly outputs?: readonly string[] | undefined;
}

export interface PlanOptions
  extends Pick<
    PipelineOptions,
    | 'services'
    | 'tags'
    | 'platforms'
    | 'noCache'
    | 'pull'
    | 'builder'
    | 'rebuild'
    | 'rebuildOlderMs'
    | 'backwards'
    | 'movedTags'
    | 'throughHold'
    | 'releaseWithdrawn'
    | 'ignoredRecords'
    | 'outputs'
    | 'signal'
  > {
  /** Whether the result lists all inputs of each service. @default false */
  readonly explain?: boolean | undefined;
}

export interface GateOptions extends Pick<HarborCallOptions, 'signal' | 'onRetry'> {
  /** Waits for scans that are queued or running. @default false */
  readonly wait?: boolean | undefined;
  /**
   * Scans images again whose report is older than `deployment.scan.maxAge`, and waits: `too-old` not those that pass where the
   * project prevents pulls of images without a report; `force` those, too. @default neither
   */
  readonly rescan?: 'too-old' | 'force' | undefined;
  /** How long to wait. @default `deployment.scan.timeout` */
  readonly timeoutMs?: number | undefined;
}

export interface HoldOptions extends CallOptions {
  /** Why, for those whose runs it stops. */
  readonly reason?: string | undefined;
  readonly ignoredRecords?: PipelineOptions['ignoredRecords'];
}

export interface RollbackOptions extends CallOptions {
  /** The release to go back to. @default the last one before the current release that is not withdrawn */
  readonly to?: number | undefined;
  /** Only these services; the others stay as they are. @default all */
  readonly services?: readonly string[] | undefined;
  /** Only these public tags. @default those of config.yaml; of them, the ones that both releases list */
  readonly tags?: readonly string[] | undefined;
  /** Why. It goes on record. */
  readonly reason?: string | undefined;
  /** Goes back although today's policy finds more in those images. Needs a reason, and goes on record. @default false */
  readonly force?: boolean | undefined;
  /** Goes back to a release that was withdrawn. @default RELEASE_WITHDRAWN */
  readonly releaseWithdrawn?: boolean | undefined;
  /** Takes what a public tag points to that somebody moved by hand as the state before. @default RELEASE_TAG_MOVED */
  readonly adopt?: boolean | undefined;
  readonly ignoredRecords?: PipelineOptions['ignoredRecords'];
}

export interface PromoteReleaseOptions extends CallOptions {
  /** The public tags that the release gets. */
  readonly tags: readonly string[];
  /** Why. It goes on record. */
  readonly reason?: string | undefined;
  /** Gives a public tag to a release that is older than the one which has it. @default false */
  readonly backwards?: boolean | undefined;
  readonly throughHold?: PipelineOptions['throughHold'];
  readonly releaseWithdrawn?: PipelineOptions['releaseWithdrawn'];
  readonly adopt?: RollbackOptions['adopt'];
  readonly ignoredRecords?: PipelineOptions['ignoredRecords'];
}

export interface AuditOptions extends CallOptions {
  /** The public tags to look at. @default those of config.yaml */
  readonly tags?: readonly string[] | undefined;
  /** Scans images again whose report is too old, and waits; see {@link GateOptions.rescan}. @default neither */
  readonly rescan?: GateOptions['rescan'];
  /** How many of the latest releases the result lists, for a trend. @default 0 */
  readonly history?: number | undefined;
}

export interface ReleasesOptions extends CallOptions {
  /** How many, the newest first. @default 20 */
  readonly limit?: number | undefined;
}

export interface DiffOptions extends CallOptions {
  /** The number of the earlier release. @default the release of the tag before `to` */
  readonly from?: number | undefined;
  /** The number of the later release. @default the current release of the tag */
  readonly to?: number | undefined;
  /** The public tag whose releases are compared. @default the first in config.yaml */
  readonly tag?: string | undefined;
  /**
   * Scans the images of both releases again, and waits: `all` not those without findings where the project prevents pulls of
   * images without a report; `force` those, too. @default neither
   */
  readonly rescan?: 'all' | 'force' | undefined;
  /** How long to wait for scans. @default `deployment.scan.timeout` */
  readonly timeoutMs?: number | undefined;
}

/** A record that could not be read. */
export interface UnreadableRelease {
  readonly number: number;
  readonly error: ObjDockerError;
}

export interface GateReport {
  readonly verdict: Verdict;
  readonly scans: readonly ScanReport[];
}

export interface CleanOptions extends CallOptions {
  /** Only tags of runs that started at least so long ago. @default 24 hours */
  readonly olderThanMs?: number | undefined;
  /** Lists what would be removed, and removes nothing. @default false */
  readonly dryRun?: boolean | undefined;
}

export interface CleanResult {
  readonly removed: readonly { readonly reference: string; readonly digest: string }[];
  /** Tags that could not be removed, and why. */
  readonly notRemoved: readonly { readonly reference: string; readonly reason: string }[];
}
