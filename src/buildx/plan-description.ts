import { shellQuote } from '../lib/text/shell-quote.ts';
import { dockerBuildArguments, secretSpec } from './arguments.ts';
import { type BakeDefinition, bakeDefinition } from './bake.ts';
import type { BuildCapabilities } from './capabilities.ts';
import type { BuildChecks } from './frontend/checks.ts';
import { bakeArguments, chooseInvocation, equivalentCommand, nativePlatform } from './invocation.ts';
import type { BuildPlan, ExcludedStage, PlannedContents } from './plan.ts';

/** The result of a dry run. The command line renders it, and `--json` prints it. */
export interface PlanDescription {
  readonly package: string;
  readonly dockerfile: string;
  readonly context: string;
  /** Why these stages are the images. */
  readonly selection: string;
  readonly images: readonly ImageDescription[];
  readonly excludedStages: readonly ExcludedStage[];
  /** Paths that are excluded from the context, and why. */
  readonly excluded: readonly { readonly path: string; readonly reason: string }[];
  readonly invocation: InvocationDescription;
  readonly notes: readonly PlanNote[];
  /** What the builder's own checks say; undefined when they were not asked for. */
  readonly checks?: BuildChecks;
}

export interface ImageDescription {
  readonly target?: string;
  readonly service?: string;
  readonly reference: string;
  /** Target platforms; empty when none is configured and the engine's own is not known. */
  readonly platforms: readonly string[];
  readonly args: Readonly<Record<string, string>>;
  /** `id=NAME,env=NAME` or `id=NAME,src=PATH`, never the value. */
  readonly secrets: readonly string[];
  /** Whether the build itself pushes the image, without a gate. Otherwise it loads the image into the engine. */
  readonly push: boolean;
  /** The equivalent `docker build` or `docker buildx build --push` command, for a POSIX shell. */
  readonly command: string;
  /** What the Dockerfile says of it. */
  readonly contents?: PlannedContents;
}

/** The commands that a build runs. */
export interface InvocationDescription {
  readonly method: 'bake' | 'build' | 'legacy';
  /** For a POSIX shell, in the order in which they run. */
  readonly commands: readonly string[];
  /** Standard input of the bake, without template escapes. */
  readonly definition?: BakeDefinition;
}

export interface PlanNote {
  readonly level: 'missing' | 'warning' | 'info';
  readonly message: string;
  readonly hint?: string;
}

/** Describes a plan and how this machine runs it. Needs no engine and no network. */
export function describePlan(plan: BuildPlan, capabilities: BuildCapabilities): PlanDescription {
  const { method, output, missing } = chooseInvocation(plan, capabilities);
  const native = nativePlatform(capabilities);
  const platforms = plan.platforms.length > 0 ? plan.platforms : native === undefined ? [] : [native];
  return {
    package: plan.package,
    dockerfile: plan.dockerfile,
    context: plan.context,
    selection: plan.selection,
    images: plan.images.map((image) => ({
      ...(image.target === undefined ? {} : { target: image.target }),
      ...(image.service === undefined ? {} : { service: image.service }),
      reference: image.reference,
      platforms,
      args: image.args,
      secrets: plan.secrets.map(secretSpec),
      push: output.push,
      command: shellQuote(equivalentCommand(plan, image, output)),
      ...(image.contents === undefined ? {} : { contents: image.contents }),
    })),
    excludedStages: plan.excludedStages,
    excluded: plan.excluded,
    invocation: describeInvocation(plan, { method, output }),
    notes: [
      ...missing.map(({ message, hint }): PlanNote => ({ level: 'missing', message, hint })),
      ...plan.warnings.map((warning): PlanNote => ({ level: 'warning', ...warning })),
      ...plan.remarks.map((remark): PlanNote => ({ level: 'info', ...remark })),
      ...infoNotes(plan, { method, native, push: output.push }),
    ],
  };
}

function describeInvocation(
  plan: BuildPlan,
  { method, output }: Pick<ReturnType<typeof chooseInvocation>, 'method' | 'output'>,
): InvocationDescription {
  const paths = { dockerfile: plan.dockerfile, context: plan.context };
  if (method === 'bake')
    return {
      method,
      commands: [shellQuote(['docker', ...bakeArguments(plan, { progress: 'rawjson', metadataFile: 'METADATA' })])],
      definition: bakeDefinition(plan, paths, output),
    };
  const prefix = method === 'build' ? ['DOCKER_BUILDKIT=1'] : [];
  return {
    method,
    commands: plan.images.map((image) =>
      shellQuote([...prefix, 'docker', ...dockerBuildArguments(plan, image, paths)]),
    ),
  };
}

function infoNotes(
  plan: BuildPlan,
  { method, native, push }: { method: string; native: string | undefined; push: boolean },
): PlanNote[] {
  const notes: PlanNote[] = [];
  if (plan.platforms.length === 1 && native === undefined)
    notes.push({
      level: 'info',
      message: `a dry run does not connect to an engine: if its platform is ${plan.platforms[0]}, the build loads the images instead of pushing them`,
    });
  if (push)
    notes.push({
      level: 'info',
      message: 'the build itself pushes images for other platforms, without a scan gate',
    });
  if (plan.excluded.length > 0)
    notes.push({
      level: 'info',
      message: `the build uses a copy of the Dockerfile, whose ignore file excludes: ${plan.excluded.map(({ path }) => path).join(', ')}`,
    });
  if (method === 'legacy')
    notes.push({
      level: 'info',
      message:
        'without the buildx plugin, docker uses its legacy builder: one build per image, no build secrets, no RUN --mount',
    });
  if (plan.syntax !== undefined)
    notes.push({ level: 'info', message: `the "# syntax=" line makes BuildKit pull ${plan.syntax} first` });
  return notes;
}
