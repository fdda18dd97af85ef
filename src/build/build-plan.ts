import type { BuildPlan, ExcludedPath, PlannedContents, PlannedImage, PlannedSecret } from '../buildx/plan.ts';
import { normalizePlatforms } from '../buildx/platforms.ts';
import { imageName } from '../config/image-name.ts';
import type { ImageConfig, Package } from '../config/package.ts';
import type { DockerfileGraph, Stage } from '../dockerfile/graph.ts';
import { ObjDockerError } from '../errors.ts';
import { formatImageReference, problemOfTag } from '../image-ref.ts';
import { argsForStage, describeArgs, offeredArgs, unusedArgWarnings } from './build-args.ts';
import { rejectExcludedSources, within } from './build-context.ts';
import {
  duplicateNameWarnings,
  frontendWarnings,
  missingSecrets,
  mistypedStageWarnings,
  plannedFeatures,
  rejectBrokenTargets,
  rejectFeatures,
  rejectUnknownServices,
  versionWarnings,
} from './dockerfile-problems.ts';
import { cachesOf, rejectSharedCaches } from './image-caches.ts';
import { narrowTargets, selectTargets, type Target } from './targets.ts';

/** Options of a command that override the config. */
export interface PlanOptions {
  /** Only these services. @default all */
  readonly services?: readonly string[] | undefined;
  /** Overrides `image.tag`. */
  readonly tag?: string | undefined;
  /** The tag of the image references, when it differs from the build argument VERSION. @default `tag` */
  readonly imageTag?: string | undefined;
  /** Overrides `image.platforms`. */
  readonly platforms?: readonly string[] | undefined;
  /** @default false */
  readonly noCache?: boolean | undefined;
  /** @default false */
  readonly pull?: boolean | undefined;
  /** Overrides `image.builder`. */
  readonly builder?: string | undefined;
  /** The digests that images of the Dockerfile have to have, by their names. @default whatever the builder finds */
  readonly pinned?: Readonly<Record<string, string>> | undefined;
  /** The Git commit. */
  readonly revision?: string | undefined;
  /** The variable SOURCE_DATE_EPOCH. */
  readonly sourceDateEpoch?: string | undefined;
  /** Absolute paths of files and folders that the caller writes. They are excluded from the context. */
  readonly outputs?: readonly string[] | undefined;
  /** Paths to exclude from the context, with links resolved. @default those of the package, by name */
  readonly excluded?: readonly ExcludedPath[] | undefined;
}

/**
 * Plans the build of a package: which stages become which images, with which arguments, secrets and platforms.
 * Pure: uses neither disk nor engine.
 *
 * @param graph the package's Dockerfile, read with `offeredArgs`
 * @throws {ObjDockerError} SERVICE_UNKNOWN, DOCKERFILE_INVALID, CONFIG_INVALID for a cache that several services share, REFERENCE_INVALID, PLATFORM_INVALID, SECRET_IN_CONTEXT, SECRET_IN_BUILD_ARG;
 * VARIABLE_UNSET for a value that the build needs.
 */
export function planBuild(pkg: Package, graph: DockerfileGraph, options: PlanOptions = {}): BuildPlan {
  const { image } = pkg;
  rejectUnknownServices(graph, image.services ?? []);
  const selection = selectTargets(graph, image.services);
  const targets = narrowTargets(selection, options.services ?? [], { graph, package: pkg.name });
  const offered = offeredArgs(pkg, options);
  const stages = targets.map(({ stage }) => stage);
  const reached = [...new Set(stages.flatMap((stage) => graph.withDependencies(stage)))];
  const excluded = options.excluded ?? excludedByName(pkg);
  const features = plannedFeatures(graph, targets, reached);
  rejectFeatures(graph, features);
  rejectBrokenTargets(graph, targets);
  rejectExcludedSources(graph, reached, excluded);
  rejectSharedCaches(pkg, selection.targets);

  const secrets = missingSecrets(graph, reached, Object.keys(image.secrets));
  const named = withTag(withTag(pkg, options.tag), options.imageTag);
  const platforms = normalizePlatforms(options.platforms ?? image.platforms);
  const builder = options.builder ?? image.builder;
  return {
    package: pkg.name,
    dockerfile: image.dockerfile,
    context: image.context,
    images: targets.map((target) => planImage(target, { graph, offered, pkg: named })),
    selection: selection.reason,
    excludedStages: selection.excludedStages,
    platforms,
    secrets: plannedSecrets(image),
    excluded: excluded,
    noCache: options.noCache ?? false,
    pull: options.pull ?? false,
    pinned: options.pinned ?? {},
    ...(builder === undefined ? {} : { builder }),
    stages: graph.stages.map(({ index, name, steps }) => ({ index, ...(name === undefined ? {} : { name }), steps })),
    features,
    ...(graph.syntax === undefined ? {} : { syntax: graph.syntax }),
    baseImages: baseImagesOf(reached),
    // When only some services are built, arguments of the others are not unused.
    warnings: [
      ...unusedArgWarnings(
        graph,
        selection.targets.map(({ stage }) => stage),
        offered,
      ),
      ...frontendWarnings(graph),
      ...versionWarnings(graph, features),
      ...duplicateNameWarnings(graph),
      ...mistypedStageWarnings(graph, reached),
      ...secrets.needed,
    ],
    remarks: secrets.optional,
  };
}

function planImage(
  { stage, service }: Target,
  { graph, offered, pkg }: { graph: DockerfileGraph; offered: ReturnType<typeof offeredArgs>; pkg: Package },
): PlannedImage {
  const firstRun = graph.withDependencies(stage).flatMap(runsOnTarget)[0];
  const { cacheFrom, cacheTo } = cachesOf(pkg, service);
  return {
    ...(stage.name === undefined ? {} : { target: stage.name }),
    ...(service === undefined ? {} : { service }),
    reference: formatImageReference(imageName(pkg, service)),
    args: argsForStage(graph, stage, offered),
    ...(cacheFrom.length === 0 ? {} : { cacheFrom }),
    ...(cacheTo.length === 0 ? {} : { cacheTo }),
    ...(firstRun === undefined ? {} : { firstRun: { line: firstRun } }),
    contents: contentsOf(graph, stage, offered),
  };
}

function contentsOf(graph: DockerfileGraph, stage: Stage, offered: ReturnType<typeof offeredArgs>): PlannedContents {
  const needed = graph.withDependencies(stage);
  return {
    stages: needed.map(({ index, name, line }) => ({ index, ...(name === undefined ? {} : { name }), line })),
    arguments: describeArgs(graph, stage, offered),
    bases: needed.flatMap(({ from, externalImages, line }) => [
      ...(from.kind === 'image' ? [{ image: from.resolved, line }] : []),
      ...externalImages,
    ]),
    mounts: needed.flatMap(({ secrets }) => secrets),
    contextPaths: needed.flatMap(({ contextSources }) =>
      contextSources.map(({ path, line, instruction }) => ({ path, line, instruction })),
    ),
  };
}

/** The lines of RUN in a stage that is built for the target platform, not for a fixed one (`--platform=$BUILDPLATFORM`). */
function runsOnTarget(stage: Stage): number[] {
  return isPinned(stage) ? [] : stage.steps.filter(({ keyword }) => keyword === 'RUN').map(({ line }) => line);
}

function isPinned(stage: Stage): boolean {
  if (stage.platform !== undefined) return !/^\$\{?TARGETPLATFORM\}?$/.test(stage.platform);
  return stage.from.kind === 'stage' && isPinned(stage.from.stage);
}

function baseImagesOf(stages: readonly Stage[]): string[] {
  const images = stages.flatMap(({ from, externalImages }) => [
    ...(from.kind === 'image' ? from.images : []),
    ...externalImages.map(({ image }) => image),
  ]);
  return [...new Set(images)];
}

function excludedByName(pkg: Package): ExcludedPath[] {
  return pkg.excludedFiles.flatMap(({ path, reason }) => {
    const inside = within(pkg.image.context, path);
    return inside === undefined ? [] : [{ path: inside, reason }];
  });
}

function plannedSecrets({ secrets }: ImageConfig): PlannedSecret[] {
  return Object.entries(secrets).map(([id, secret]) => ({ id, ...secret }));
}

/** The package with another tag. The tag of the config is not read, because it may need an unset variable. */
function withTag(pkg: Package, tag: string | undefined): Package {
  if (tag === undefined) return pkg;
  const problem = problemOfTag(tag);
  if (problem !== undefined) {
    const shown = JSON.stringify(tag.length > 60 ? `${tag.slice(0, 60)}…` : tag);
    throw new ObjDockerError('REFERENCE_INVALID', `${shown} is not a tag: ${problem}`, {
      hint: 'A tag is up to 128 letters, digits and "_", "." or "-", as in 1.4.2 or main-2f3a.',
    });
  }
  const image: ImageConfig = Object.create(pkg.image, {
    tag: { value: tag, enumerable: true },
    tags: { value: [], enumerable: true },
  });
  return Object.create(pkg, { image: { value: image, enumerable: true } });
}
