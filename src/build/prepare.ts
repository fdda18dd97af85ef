import type { BuildPlan } from '../buildx/plan.ts';
import { normalizePlatforms } from '../buildx/platforms.ts';
import type { ExcludedFile, Package } from '../config/package.ts';
import { type DockerfileGraph, opaqueGraph } from '../dockerfile/graph.ts';
import { ObjDockerError } from '../errors.ts';
import type { Environment } from '../lib/environment.ts';
import { argsForFrontend, type OfferedArg, offeredArgs } from './build-args.ts';
import { checkContext, linkedExcluded, resolveExcluded } from './build-context.ts';
import { type PlanOptions, planBuild } from './build-plan.ts';
import { rejectUnknownServices } from './dockerfile-problems.ts';
import { type FoundRevision, findRevision, revisionText } from './environment/revision.ts';
import { builderFor, variableWarnings } from './environment/variables.ts';
import type { TargetFinder } from './find-targets.ts';
import { rejectNameCollisions } from './image-names.ts';

interface PrepareOptions {
  readonly environment: Environment;
  readonly signal?: AbortSignal | undefined;
  /** Whether to run git for the commit. Not needed for the image references alone. @default true */
  readonly withRevision?: boolean;
  /** Asks the frontend of a file that is no Dockerfile for its targets. @default the config has to name them */
  readonly findTargets?: TargetFinder;
}

/**
 * Reads what a plan depends on (Dockerfile, context, Git commit) and plans the build. Needs no engine and no network, but for
 * `findTargets`.
 *
 * @throws {ObjDockerError} DOCKERFILE_NOT_FOUND, DOCKERFILE_INVALID, CONTEXT_INVALID, USAGE for an output that is the context, and what {@link planBuild} throws.
 */
export async function prepareBuild(
  pkg: Package,
  options: Omit<PlanOptions, 'revision' | 'sourceDateEpoch' | 'excluded'>,
  access: PrepareOptions,
): Promise<BuildPlan> {
  return (await prepareBuildGraph(pkg, options, access)).plan;
}

/** As {@link prepareBuild}, with the Dockerfile that the plan was made from. */
export async function prepareBuildGraph(
  pkg: Package,
  options: Omit<PlanOptions, 'revision' | 'sourceDateEpoch' | 'excluded'>,
  { withRevision = true, findTargets, ...access }: PrepareOptions,
): Promise<{ readonly plan: BuildPlan; readonly graph: DockerfileGraph }> {
  const { context, dockerfile } = pkg.image;
  const { env } = access.environment;
  const files = [...pkg.excludedFiles, ...outputsOf(context, options.outputs ?? [])];
  const fixed = { builder: builderFor(pkg, options.builder, env), sourceDateEpoch: env.SOURCE_DATE_EPOCH || undefined };
  const offered = offeredArgs(pkg, { tag: options.tag, sourceDateEpoch: fixed.sourceDateEpoch });
  // Known only when the file declares it, which is before anything asks for the values in its instructions.
  let revision: string | undefined;
  // Loaded on demand: it is half of the code to load, and container commands do not need it.
  const { loadDockerfile } = await import('../dockerfile/load-dockerfile.ts');
  const [read, excluded] = await Promise.all([
    loadDockerfile(dockerfile, {
      buildArgs: (name) => offered.get(name)?.value() ?? (name === 'REVISION' ? revision : undefined),
      platforms: normalizePlatforms(options.platforms ?? pkg.image.platforms),
    }),
    resolveExcluded(context, files),
    checkContext(context),
  ]);
  const graph = await withTargets(read, pkg, { offered, findTargets });
  const sources = graph.stages.flatMap((stage) => stage.contextSources);
  const needsRevision = withRevision && graph.declaredArgs.has('REVISION') && !('REVISION' in pkg.image.buildArgs);
  const [linked, found] = await Promise.all([
    linkedExcluded(context, files, sources),
    needsRevision ? findRevision(context, access) : undefined,
  ]);
  revision = found?.revision === undefined ? undefined : revisionText(found.revision);
  const planned = withReason(
    planBuild(pkg, graph, { ...options, ...fixed, revision, excluded: [...excluded, ...linked] }),
    found,
  );
  const plan = { ...planned, warnings: [...planned.warnings, ...variableWarnings(planned, env)] };
  await rejectNameCollisions(
    pkg,
    plan.images.map(({ service }) => service),
  );
  return { plan, graph };
}

/** The plan, which says why the images get no REVISION. */
function withReason(plan: BuildPlan, found: FoundRevision | undefined): BuildPlan {
  if (found === undefined || found.revision !== undefined) return plan;
  const { reason, isNormal } = found;
  const warning = { ...reason, message: `REVISION is not set: ${reason.message}` };
  return isNormal
    ? { ...plan, remarks: [...plan.remarks, warning] }
    : { ...plan, warnings: [...plan.warnings, warning] };
}

interface TargetContext {
  readonly offered: ReadonlyMap<string, OfferedArg>;
  readonly findTargets: TargetFinder | undefined;
}

/** Asks the frontend for targets where the file is no Dockerfile and the config names none. */
async function withTargets(
  graph: DockerfileGraph,
  { image }: Package,
  { offered, findTargets }: TargetContext,
): Promise<DockerfileGraph> {
  const { isOpaque, syntax, file } = graph;
  const named = image.services ?? [];
  if (!isOpaque || syntax === undefined || named.length > 0 || findTargets === undefined) return graph;
  const found = await findTargets(syntax, argsForFrontend(offered));
  // A frontend that names no target builds one image.
  if (typeof found !== 'string') return opaqueGraph(file, syntax, found.length > 0 ? found : [{}]);
  rejectUnknownServices(graph, named, found);
  return graph;
}

/** What the caller writes. In the image it would be a secret at worst, and a new image each time. */
function outputsOf(context: string, outputs: readonly string[]): readonly ExcludedFile[] {
  if (outputs.includes(context)) {
    throw new ObjDockerError('USAGE', `${context} is the build context: its files would be in the images`, {
      hint: 'Write the output to a folder of its own.',
    });
  }
  return outputs.map((path) => ({ path, reason: 'is written by this run', isOutput: true }));
}
