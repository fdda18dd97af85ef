import type { BuildPlan } from '../buildx/plan.ts';
import { normalizePlatforms } from '../buildx/platforms.ts';
import type { Package } from '../config/package.ts';
import type { Environment } from '../lib/environment.ts';
import { offeredArgs } from './build-args.ts';
import { checkContext, linkedExcluded, resolveExcluded } from './build-context.ts';
import { type PlanOptions, planBuild } from './build-plan.ts';
import { findRevision } from './revision.ts';

interface PrepareOptions {
  readonly environment: Environment;
  readonly signal?: AbortSignal | undefined;
  /** Whether Git is asked for the commit; who only wants to know the images' names need not wait for it. @default true */
  readonly withRevision?: boolean;
}

/**
 * Reads what a plan depends on (Dockerfile, context, Git commit) and plans the build. Needs no engine and no network.
 *
 * @throws {ObjDockerError} DOCKERFILE_NOT_FOUND, DOCKERFILE_INVALID, CONTEXT_INVALID and what {@link planBuild} throws.
 */
export async function prepareBuild(
  pkg: Package,
  options: Omit<PlanOptions, 'revision' | 'excluded'>,
  context2: PrepareOptions,
): Promise<BuildPlan> {
  const { context, dockerfile } = pkg.image;
  const offered = offeredArgs(pkg, options.tag === undefined ? {} : { tag: options.tag });
  // Half of what ObjDocker would load: whoever only looks at containers does without.
  const { loadDockerfile } = await import('../dockerfile/load-dockerfile.ts');
  const [graph, excluded] = await Promise.all([
    loadDockerfile(dockerfile, {
      buildArgs: (name) => offered.get(name)?.value(),
      platforms: normalizePlatforms(options.platforms ?? pkg.image.platforms),
    }),
    resolveExcluded(context, pkg.excludedFiles),
    checkContext(context),
  ]);
  const sources = graph.stages.flatMap((stage) => stage.contextSources);
  const [linked, revision] = await Promise.all([
    linkedExcluded(context, pkg.excludedFiles, sources),
    context2.withRevision !== false && graph.declaredArgs.has('REVISION') ? findRevision(context, context2) : undefined,
  ]);
  return planBuild(pkg, graph, { ...options, revision, excluded: [...excluded, ...linked] });
}
