import { ObjDockerError } from '../errors.ts';
import type { BuildCapabilities } from './capabilities.ts';
import { type BuilderFrontend, builderFrontend, effectOf, firstWith } from './frontend/release.ts';
import type { BuildPlan, PlannedFeature, PlanWarning } from './plan.ts';

/** Something that a build needs and this machine lacks. */
export interface MissingCapability {
  readonly capability: 'docker' | 'buildx' | 'buildkit' | 'multi-platform' | 'emulation';
  /** What is missing, and what needs it: a sentence without a full stop. */
  readonly message: string;
  /** How to install or enable it. */
  readonly hint: string;
}

const INSTALL_BUILDX =
  "Install the buildx plugin: the package docker-buildx-plugin with docker-ce, docker-buildx with Debian's docker.io, or the file from github.com/docker/buildx/releases as ~/.docker/cli-plugins/docker-buildx.";
const INSTALL_DOCKER =
  'Install the docker command: the package docker-ce-cli, or docker-cli since Debian 13 (docker.io before).';
const ENABLE_MULTI_PLATFORM =
  'Turn on the containerd image store ({"features": {"containerd-snapshotter": true}} in /etc/docker/daemon.json, then restart the engine), or create a builder (docker buildx create --name multi --driver docker-container) and set `deployment.image.builder: multi` or --builder multi.';

/** What this machine lacks to build a plan with the chosen method. */
export function missingCapabilities(
  plan: BuildPlan,
  capabilities: BuildCapabilities,
  choice: { readonly method: 'bake' | 'build' | 'legacy'; readonly output: { readonly push: boolean } },
): MissingCapability[] {
  if (capabilities.docker === undefined)
    return [{ capability: 'docker', message: 'there is no docker command on PATH', hint: INSTALL_DOCKER }];
  const other = frontendProblem(plan, capabilities);
  if (other !== undefined) return [other];
  if (choice.method === 'bake') return choice.output.push ? platformProblems(plan, capabilities) : [];

  const without = reasonsForBuildx(plan, choice.output.push);
  const first = without[0] ?? (choice.method === 'legacy' ? legacyProblem(plan) : undefined);
  return first === undefined
    ? []
    : [
        {
          capability: without.length > 0 ? 'buildx' : 'buildkit',
          message: `docker ${capabilities.docker.version} has no buildx plugin, which ${first}`,
          hint: INSTALL_BUILDX,
        },
      ];
}

/** Makes the error for a build that this machine cannot run. */
export function missingCapabilityError(missing: readonly [MissingCapability, ...MissingCapability[]]): ObjDockerError {
  const [first] = missing;
  const code = first.capability === 'docker' ? 'COMMAND_NOT_FOUND' : 'BUILDER_INCAPABLE';
  return new ObjDockerError(code, missing.map(({ message }) => message).join('; '), {
    hint: missing.map(({ hint }) => hint).join(' '),
    details: { missing },
  });
}

function reasonsForBuildx(plan: BuildPlan, push: boolean): string[] {
  return [
    ...(push ? [`a build for ${plan.platforms.join(', ')} needs`] : []),
    ...(plan.builder === undefined ? [] : [`the builder "${plan.builder}" needs`]),
    ...(plan.images.some(({ cacheTo = [] }) => cacheTo.length > 0) ? ['a build cache to write needs'] : []),
  ];
}

/** The legacy builder supports neither secrets nor the instructions that came with BuildKit. */
function legacyProblem(plan: BuildPlan): string | undefined {
  const [secret] = plan.secrets;
  if (secret !== undefined) return `the build secret "${secret.id}" needs: its legacy builder does not support secrets`;
  const feature = plan.features.find(({ legacy }) => !legacy);
  return feature === undefined
    ? undefined
    : `${feature.text} at ${plan.dockerfile}:${feature.line} needs: its legacy builder does not support it`;
}

/** What the frontend inside the builder refuses. */
function frontendProblem(plan: BuildPlan, capabilities: BuildCapabilities): MissingCapability | undefined {
  const frontend = builderFrontend(plan, capabilities);
  if (frontend === undefined) return undefined;
  const feature = plan.features.find((each) => effectOf(each, frontend) === 'refused');
  if (feature === undefined) return undefined;
  const has = frontend.version === 'newest' ? 'has a newer one' : `has ${frontend.version}`;
  if (feature.since !== undefined)
    return { capability: 'buildkit', ...needsNewer(plan, { feature, since: feature.since, frontend }) };
  return {
    capability: 'buildkit',
    message: `${plan.dockerfile}:${feature.line}: ${feature.text}, as Dockerfile ${feature.until} and newer read it; ${frontend.where} ${has}`,
    hint: feature.hint ?? 'Change that line, or use an older builder.',
  };
}

/** Warns of what has no effect in the frontend inside the builder. */
export function frontendWarnings(plan: BuildPlan, capabilities: BuildCapabilities): PlanWarning[] {
  const frontend = builderFrontend(plan, capabilities);
  if (frontend === undefined) return [];
  return plan.features.flatMap((feature) => {
    const { since } = feature;
    if (since === undefined || effectOf(feature, frontend) !== 'ignored') return [];
    const { message, hint } = needsNewer(plan, { feature, since, frontend });
    return [{ message: `${message}, which ignores it`, hint }];
  });
}

function needsNewer(
  { dockerfile }: BuildPlan,
  { feature, since, frontend }: { feature: PlannedFeature; since: string; frontend: BuilderFrontend },
): PlanWarning & { readonly hint: string } {
  const { buildkit, engine } = firstWith(since);
  const newer = engine === undefined ? `BuildKit ${buildkit}` : `BuildKit ${buildkit} (engine ${engine})`;
  const first = feature.hint === undefined ? 'Add' : `${feature.hint} Or add`;
  return {
    message: `${dockerfile}:${feature.line}: ${feature.text} needs Dockerfile ${since}; ${frontend.where} has ${frontend.version}`,
    hint: `${first} "# syntax=docker/dockerfile:1" as the first line, or use ${newer} or newer.`,
  };
}

function platformProblems(plan: BuildPlan, { builder, engine }: BuildCapabilities): MissingCapability[] {
  const list = plan.platforms.join(', ');
  // A dry run does not inspect the builder. Without a configured one, a build uses the engine's own.
  const isDockerDriver = builder === undefined ? plan.builder === undefined : builder.driver === 'docker';
  const problems: MissingCapability[] = [];
  if (plan.platforms.length > 1 && isDockerDriver && engine !== undefined && !engine.containerdStore)
    problems.push({
      capability: 'multi-platform',
      message: `engine ${engine.version} cannot build one image for ${list}: it uses the classic image store`,
      hint: ENABLE_MULTI_PLATFORM,
    });
  const run = plan.images.find(({ firstRun }) => firstRun !== undefined)?.firstRun;
  if (builder === undefined || builder.platforms.length === 0 || run === undefined) return problems;
  return [
    ...problems,
    ...plan.platforms
      .filter((platform) => !builder.platforms.some((offered) => canRun(offered, platform)))
      .map((platform) => ({
        capability: 'emulation' as const,
        message: `the builder "${builder.name}" cannot run ${platform} programs, which the RUN at ${plan.dockerfile}:${run.line} needs`,
        hint: `Register QEMU for ${platform.split('/')[1]} with binfmt on the engine's machine (docker run --privileged --rm tonistiigi/binfmt --install ${platform.split('/')[1]}, or Debian's qemu-user-static and binfmt-support), or add a node of that platform to the builder.`,
      })),
  ];
}

// A builder for linux/arm/v7 also runs v6.
function canRun(offered: string, wanted: string): boolean {
  if (offered === wanted) return true;
  const [os, arch, variant = ''] = wanted.split('/');
  const [offeredOs, offeredArch, offeredVariant = ''] = offered.split('/');
  return os === offeredOs && arch === offeredArch && arch === 'arm' && offeredVariant >= variant;
}
