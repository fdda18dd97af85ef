import { ObjDockerError } from '../errors.ts';
import { isAtLeast } from '../lib/version.ts';
import type { BuildCapabilities } from './capabilities.ts';
import type { BuildPlan } from './plan.ts';

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
  const older = olderFrontendProblem(plan, capabilities);
  if (older !== undefined) return [older];
  if (choice.method === 'bake') return choice.output.push ? platformProblems(plan, capabilities) : [];

  const without = reasonsForBuildx(plan, choice.output.push);
  const first =
    without[0] ?? (choice.method === 'legacy' ? legacyProblem(plan) : oldBuildkitProblem(plan, capabilities));
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
    ...(plan.cacheTo.length === 0 ? [] : ['image.cacheTo needs']),
  ];
}

/** The legacy builder supports neither secrets nor the instructions that came with BuildKit. */
function legacyProblem(plan: BuildPlan): string | undefined {
  const [secret] = plan.secrets;
  if (secret !== undefined) return `the build secret "${secret.id}" needs: its legacy builder does not support secrets`;
  const [feature] = plan.buildkitFeatures;
  return feature === undefined
    ? undefined
    : `${feature.text} at ${plan.dockerfile}:${feature.line} needs: its legacy builder does not support it`;
}

/** The BuildKit of Engine 20.10 supports heredocs only with a newer frontend. */
function oldBuildkitProblem(plan: BuildPlan, { engine }: BuildCapabilities): string | undefined {
  const heredoc = plan.buildkitFeatures.find(({ feature }) => feature === 'heredoc');
  if (heredoc === undefined || plan.syntax !== undefined || engine === undefined) return undefined;
  if (isAtLeast(engine.version, '23')) return undefined;
  return `the heredoc at ${plan.dockerfile}:${heredoc.line} needs, and an engine since 23: the BuildKit of engine ${engine.version} does not support heredocs`;
}

/** Dockerfile 1.16, which came with engine 28.2, is the first that takes `<< NAME`. */
function olderFrontendProblem(plan: BuildPlan, { builder, engine }: BuildCapabilities): MissingCapability | undefined {
  const heredoc = plan.buildkitFeatures.find(({ feature }) => feature === 'spaced-heredoc');
  const isDockerDriver = builder === undefined ? plan.builder === undefined : builder.driver === 'docker';
  if (heredoc === undefined || plan.syntax !== undefined || engine === undefined || !isDockerDriver) return undefined;
  if (isAtLeast(engine.version, '28.2')) return undefined;
  return {
    capability: 'buildkit',
    message: `${plan.dockerfile}:${heredoc.line}: ${heredoc.text} needs Dockerfile 1.16, and engine ${engine.version} has an older one`,
    hint: 'Write <<NAME without the space, or add "# syntax=docker/dockerfile:1" as the first line, or use an engine since 28.2.',
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
