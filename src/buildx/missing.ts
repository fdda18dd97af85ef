import { ObjDockerError } from '../errors.ts';
import { isAtLeast } from '../lib/version.ts';
import type { BuildCapabilities } from './capabilities.ts';
import type { BuildPlan } from './plan.ts';

/** Something that a build needs and the machine does not have. */
export interface MissingCapability {
  readonly capability: 'docker' | 'buildx' | 'buildkit' | 'multi-platform' | 'emulation';
  /** What is missing for what, as a sentence without a full stop. */
  readonly message: string;
  /** How to get it. */
  readonly hint: string;
}

const INSTALL_BUILDX =
  "Install the buildx plugin: the package docker-buildx-plugin beside docker-ce, docker-buildx beside Debian's docker.io, or the file from github.com/docker/buildx/releases as ~/.docker/cli-plugins/docker-buildx.";
const INSTALL_DOCKER =
  'Install the docker command: the package docker-ce-cli, or docker-cli from Debian 13 on (docker.io before).';
const ENABLE_MULTI_PLATFORM =
  'Turn on the containerd image store ({"features": {"containerd-snapshotter": true}} in /etc/docker/daemon.json, then restart the engine), or make a builder with: docker buildx create --name multi --driver docker-container; and set `deployment.image.builder: multi` or --builder multi.';

/** What a machine lacks to carry out a plan in the chosen way; empty when it can be done. */
export function missingCapabilities(
  plan: BuildPlan,
  capabilities: BuildCapabilities,
  choice: { readonly method: 'bake' | 'build' | 'legacy'; readonly output: { readonly push: boolean } },
): MissingCapability[] {
  if (capabilities.docker === undefined)
    return [{ capability: 'docker', message: 'there is no docker command on PATH', hint: INSTALL_DOCKER }];
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

/** The error for a build that cannot be done on this machine. */
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

/** The legacy builder knows neither secrets nor the constructs that came with BuildKit. */
function legacyProblem(plan: BuildPlan): string | undefined {
  const [secret] = plan.secrets;
  if (secret !== undefined) return `the build secret "${secret.id}" needs: its legacy builder knows no secrets`;
  const [feature] = plan.buildkitFeatures;
  return feature === undefined
    ? undefined
    : `${feature.text} at ${plan.dockerfile}:${feature.line} needs: its legacy builder does not know it`;
}

/** BuildKit of the days of Docker 20.10 reads heredocs only with a newer frontend. */
function oldBuildkitProblem(plan: BuildPlan, { engine }: BuildCapabilities): string | undefined {
  const heredoc = plan.buildkitFeatures.find(({ feature }) => feature === 'heredoc');
  if (heredoc === undefined || plan.syntax !== undefined || engine === undefined) return undefined;
  if (isAtLeast(engine.version, '23')) return undefined;
  return `the heredoc at ${plan.dockerfile}:${heredoc.line} needs, with an engine from 23 on: the BuildKit of engine ${engine.version} does not know heredocs`;
}

function platformProblems(plan: BuildPlan, { builder, engine }: BuildCapabilities): MissingCapability[] {
  const list = plan.platforms.join(', ');
  // Without a look at the builder (a dry run), the engine's own one is what a build would use.
  const isDockerDriver = builder === undefined ? plan.builder === undefined : builder.driver === 'docker';
  const problems: MissingCapability[] = [];
  if (plan.platforms.length > 1 && isDockerDriver && engine !== undefined && !engine.containerdStore)
    problems.push({
      capability: 'multi-platform',
      message: `one image for ${list} cannot be made by engine ${engine.version} with its classic image store`,
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
        hint: `Register QEMU for ${platform.split('/')[1]} with binfmt on the engine's machine (docker run --privileged --rm tonistiigi/binfmt --install ${platform.split('/')[1]}, or Debian's qemu-user-static and binfmt-support), or add a node of that platform to a builder.`,
      })),
  ];
}

// A builder for linux/arm/v7 runs v6 too, and one that only says linux/amd64 runs what is built for it.
function canRun(offered: string, wanted: string): boolean {
  if (offered === wanted) return true;
  const [os, arch, variant = ''] = wanted.split('/');
  const [offeredOs, offeredArch, offeredVariant = ''] = offered.split('/');
  return os === offeredOs && arch === offeredArch && arch === 'arm' && offeredVariant >= variant;
}
