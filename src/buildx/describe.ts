import { dockerBuildArguments, secretSpec } from './arguments.ts';
import { type BakeDefinition, bakeDefinition } from './bake.ts';
import type { BuildCapabilities } from './capabilities.ts';
import { bakeArguments, chooseInvocation, equivalentCommand, nativePlatform } from './invocation.ts';
import type { BuildPlan, LeftOutStage } from './plan.ts';
import { shellQuote } from './shell-quote.ts';

/** What a dry run shows. Data: the command line renders it, `--json` prints it. */
export interface PlanDescription {
  readonly package: string;
  readonly dockerfile: string;
  readonly context: string;
  /** Why these are the images. */
  readonly selection: string;
  readonly images: readonly ImageDescription[];
  readonly leftOut: readonly LeftOutStage[];
  /** Paths that stay out of the context, and why. */
  readonly excluded: readonly { readonly path: string; readonly reason: string }[];
  readonly invocation: InvocationDescription;
  readonly notes: readonly PlanNote[];
}

export interface ImageDescription {
  readonly target?: string;
  readonly service?: string;
  readonly reference: string;
  /** What it is built for; empty where no engine was asked and none is configured. */
  readonly platforms: readonly string[];
  readonly args: Readonly<Record<string, string>>;
  /** `id=…,env=…` or `id=…,src=…`: names, never values. */
  readonly secrets: readonly string[];
  /** Pushed by the build itself, ungated; otherwise loaded into the engine. */
  readonly push: boolean;
  /** The equivalent `docker build` or `docker buildx build --push`, for a POSIX shell. */
  readonly command: string;
}

/** What would really be run. */
export interface InvocationDescription {
  readonly method: 'bake' | 'build' | 'legacy';
  /** For a POSIX shell; one a line to run in that order. */
  readonly commands: readonly string[];
  /** Standard input of the bake, less its template escapes. */
  readonly definition?: BakeDefinition;
}

export interface PlanNote {
  readonly level: 'missing' | 'warning' | 'info';
  readonly message: string;
  readonly hint?: string;
}

/** Describes a plan and how this machine would carry it out. Needs no engine and no network. */
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
    })),
    leftOut: plan.leftOut,
    excluded: plan.excluded,
    invocation: describeInvocation(plan, { method, output }),
    notes: [
      ...missing.map(({ message, hint }): PlanNote => ({ level: 'missing', message, hint })),
      ...plan.warnings.map((warning): PlanNote => ({ level: 'warning', ...warning })),
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
      message: `no engine was asked: where its own platform is ${plan.platforms[0]}, the images are loaded instead of pushed`,
    });
  if (push)
    notes.push({
      level: 'info',
      message: 'images for other platforms are pushed by the build itself, without a scan gate',
    });
  if (plan.excluded.length > 0)
    notes.push({
      level: 'info',
      message: `a copy of the Dockerfile with an ignore file of its own keeps out of the context: ${plan.excluded.map(({ path }) => path).join(', ')}`,
    });
  if (method === 'legacy')
    notes.push({
      level: 'info',
      message:
        'without the buildx plugin, docker uses its legacy builder: one build an image, no build secrets, no RUN --mount',
    });
  if (plan.syntax !== undefined)
    notes.push({ level: 'info', message: `the "# syntax=" line pulls ${plan.syntax} before the Dockerfile is read` });
  return notes;
}
