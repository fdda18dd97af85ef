import type { DockerAccess } from '../access/docker-access.ts';
import { configuredSecrets, credentialsFor } from '../access/registry-access.ts';
import type { BuildCapabilities } from '../buildx/capabilities.ts';
import { findBuilder, findClientCapabilities } from '../buildx/capabilities.ts';
import { type BuildChecks, runBuildChecks } from '../buildx/frontend/checks.ts';
import { chooseInvocation } from '../buildx/invocation.ts';
import type { BuildPlan, PlanWarning } from '../buildx/plan.ts';
import { describePlan, type PlanDescription } from '../buildx/plan-description.ts';
import type { BuildEvent, BuildResult } from '../buildx/progress/events.ts';
import { runBuild } from '../buildx/run/run.ts';
import type { Package } from '../config/package.ts';
import { engineEnvironment } from '../docker/connection/environment.ts';
import { createOperation, type Operation } from '../lib/operation.ts';
import type { PlanOptions } from './build-plan.ts';
import { createLogin, createReadLogin, usesRegistry } from './builder-login.ts';
import { builderFor } from './environment/variables.ts';
import { targetFinder } from './find-targets.ts';
import { prepareBuild } from './prepare.ts';

export interface BuildPackageOptions extends Omit<PlanOptions, 'revision' | 'sourceDateEpoch' | 'excluded'> {
  /** Cancels the build and removes its temporary files. */
  readonly signal?: AbortSignal | undefined;
}

export interface BuildPackageResult extends BuildResult {
  /** What works, but probably not as intended, and what the build warns of. Each is an event, too. */
  readonly warnings: readonly string[];
}

/** Builds a package's images. See ObjDocker.build. */
export function buildPackage(
  pkg: Package,
  options: BuildPackageOptions,
  docker: DockerAccess,
): Operation<BuildEvent, BuildPackageResult> {
  return createOperation(async ({ emit, signal }) => {
    const { environment } = docker;
    const env = engineEnvironment(await docker.endpoint(), environment.env);
    // Runs in parallel, but its result counts only with an engine and buildx: their absence explains its failure better.
    const builderLookup = findBuilder(builderFor(pkg, options.builder, environment.env), { environment, env, signal });
    builderLookup.catch(() => {});
    const [plan, engine, client] = await Promise.all([
      prepareBuild(pkg, options, {
        environment,
        signal,
        findTargets: targetFinder(pkg, options.builder, { ...docker, signal }),
      }),
      docker.connect({ signal }).then((connected) => connected.info({ signal })),
      findClientCapabilities({ environment, env, signal }),
    ]);
    const builder = client.buildx === undefined ? undefined : await builderLookup;
    const capabilities: BuildCapabilities = {
      ...client,
      ...(builder === undefined ? {} : { builder }),
      engine,
    };
    const { output, warnings: ignored } = chooseInvocation(plan, capabilities);
    const found =
      output.push || usesRegistry(pkg, plan)
        ? await credentialsFor(pkg.image.host, pkg, { environment, signal })
        : undefined;
    const warnings = [...[...plan.warnings, ...ignored].map(warningText), ...(found?.warnings ?? [])];
    // Before the build, because it may fail for what they say.
    for (const message of warnings) void emit({ type: 'warning', message });
    await using login = await createLogin(pkg, found, { environment, env, capabilities });
    const build = runBuild(plan, capabilities, {
      environment,
      env: login.env,
      secrets: [
        ...(await configuredSecrets(pkg)),
        ...[found?.credentials, found?.identityToken].filter((secret) => secret !== undefined),
      ],
      signal,
    });
    const reported: string[] = [];
    for await (const event of build) {
      if (event.type === 'warning') reported.push(event.message);
      emit(event);
    }
    return { ...(await build.result), warnings: [...new Set([...warnings, ...reported])] };
  }, options.signal);
}

function warningText({ message, hint }: PlanWarning): string {
  return hint === undefined ? message : `${message}. ${hint}`;
}

export interface DescribeBuildOptions extends BuildPackageOptions {
  /** Also has the builder check the Dockerfile, which needs the builder and the registries of the base images. @default false */
  readonly checks?: boolean | undefined;
}

/**
 * Describes what a build would do. Needs no engine and no network, unless the builder is to check the Dockerfile, or to say which
 * targets a file has that is no Dockerfile.
 */
export async function describeBuild(
  pkg: Package,
  { checks, ...options }: DescribeBuildOptions,
  { environment, endpoint }: BuildAccess,
): Promise<PlanDescription> {
  const env = engineEnvironment(await endpoint(), environment.env);
  const { signal } = options;
  const [plan, client] = await Promise.all([
    prepareBuild(pkg, options, {
      environment,
      signal,
      findTargets: targetFinder(pkg, options.builder, { environment, endpoint, signal }),
    }),
    findClientCapabilities({ environment, env, signal }),
  ]);
  const description = describePlan(plan, client);
  if (checks !== true) return description;
  return { ...description, checks: await checkPlan(pkg, plan, { environment, endpoint, signal }) };
}

type BuildAccess = Pick<DockerAccess, 'environment' | 'endpoint'>;

/** Has the builder check the Dockerfile of a plan. What it cannot do is a note. */
export async function checkPlan(
  pkg: Package,
  plan: BuildPlan,
  { environment, endpoint, signal }: BuildAccess & { readonly signal?: AbortSignal | undefined },
): Promise<BuildChecks> {
  const env = engineEnvironment(await endpoint(), environment.env);
  const capabilities = await findClientCapabilities({ environment, env, signal });
  await using login = await createReadLogin(pkg, plan, { environment, env, capabilities, signal });
  return await runBuildChecks(plan, capabilities, { environment, env: login.env, signal });
}
