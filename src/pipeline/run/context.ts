import type { Package, ScanPolicy } from '../../config/package.ts';
import type { ReleaseRevision } from '../../model/release.ts';
import type { ReleaseRecords } from '../../release/records.ts';
import type { PipelineDependencies, PipelineOptions } from '../options.ts';
import type { OpenedRegistry } from './open-registry.ts';
import type { PlannedRunImage, RunProgress } from './run-progress.ts';

/** An image of a run. */
export interface RunImage extends PlannedRunImage {
  /** Its full reference with the staging tag. */
  readonly staged: string;
}

/** The services of some images, for a command that builds or pushes them; undefined for a package with a single image. */
export function servicesOf(
  images: readonly RunImage[],
  wanted: readonly string[] | undefined,
): readonly string[] | undefined {
  const names = images.flatMap(({ service }) => service ?? []);
  return names.length < images.length ? wanted : names;
}

/** What every stage of a run works with. */
export interface RunContext extends PipelineDependencies {
  readonly pkg: Package;
  readonly options: PipelineOptions;
  readonly progress: RunProgress;
  readonly images: readonly RunImage[];
  /** The repositories of all services of the package, with the project, also of those that this run does not build. */
  readonly repositories: readonly string[];
  /** The public tags. */
  readonly tags: readonly string[];
  /** The first of them, which is VERSION. */
  readonly tag: string;
  /** The Git commit of the build context; undefined without Git. */
  readonly revision: ReleaseRevision | undefined;
  /** Read from the config when the run started. */
  readonly policy: ScanPolicy;
  /** Cancels the run until the promotion moves tags. */
  readonly signal: AbortSignal;
}

/** What the stages after the preflight work with. */
export interface ReadyContext extends RunContext {
  readonly registry: OpenedRegistry;
  /** Undefined for a package whose releases are not on record. */
  readonly records: ReleaseRecords | undefined;
}
