import type { DockerAccess } from '../access/docker-access.ts';
import { configuredSecrets, credentialsFor } from '../access/registry-access.ts';
import type { BuildCapabilities } from '../buildx/capabilities.ts';
import { findBuilder, findClientCapabilities } from '../buildx/capabilities.ts';
import { describePlan, type PlanDescription } from '../buildx/describe.ts';
import { chooseInvocation } from '../buildx/invocation.ts';
import type { BuildPlan } from '../buildx/plan.ts';
import type { BuildEvent, BuildResult } from '../buildx/progress/events.ts';
import { runBuild } from '../buildx/run/run.ts';
import type { Package } from '../config/package.ts';
import { engineEnvironment } from '../docker/connection/environment.ts';
import { createClientAuth } from '../docker/credentials/client-auth.ts';
import type { FoundCredentials } from '../docker/credentials/credentials.ts';
import { parseImageReference } from '../image-ref.ts';
import type { Environment } from '../lib/environment.ts';
import { createOperation, type Operation } from '../lib/operation.ts';
import type { EnvironmentVariables } from '../lib/process/exec.ts';
import type { PlanOptions } from './build-plan.ts';
import { prepareBuild } from './prepare.ts';

export interface BuildPackageOptions extends Omit<PlanOptions, 'revision' | 'excluded'> {
  /** Ends the build; nothing of it is left behind. */
  readonly signal?: AbortSignal | undefined;
}

export interface BuildPackageResult extends BuildResult {
  /** What works, but most likely not as meant. */
  readonly warnings: readonly string[];
}

/** Builds a package's images; see ObjDocker.build. */
export function buildPackage(
  pkg: Package,
  options: BuildPackageOptions,
  docker: DockerAccess,
): Operation<BuildEvent, BuildPackageResult> {
  return createOperation(async ({ emit, signal }) => {
    const { environment } = docker;
    const env = engineEnvironment(await docker.endpoint(), environment.env);
    // Asked beside the rest, but read only when there is an engine and a buildx: their absence explains its failure.
    const builderLookup = findBuilder(options.builder ?? pkg.image.builder, { environment, env, signal });
    builderLookup.catch(() => {});
    const [plan, engine, client] = await Promise.all([
      prepareBuild(pkg, options, { environment, signal }),
      docker.connect({ signal }).then((connected) => connected.info({ signal })),
      findClientCapabilities({ environment, env, signal }),
    ]);
    const builder = client.buildx === undefined ? undefined : await builderLookup;
    const capabilities: BuildCapabilities = {
      ...client,
      ...(builder === undefined ? {} : { builder }),
      engine,
    };
    const found = needsLogin(pkg, plan, capabilities)
      ? await credentialsFor(pkg.image.host, pkg, { environment, signal })
      : undefined;
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
    for await (const event of build) emit(event);
    const warnings = [...plan.warnings.map(({ message }) => message), ...(found?.warnings ?? [])];
    return { ...(await build.result), warnings };
  }, options.signal);
}

/** What a build would do here; needs no engine and no network. */
export async function describeBuild(
  pkg: Package,
  options: BuildPackageOptions,
  { environment, endpoint }: Pick<DockerAccess, 'environment' | 'endpoint'>,
): Promise<PlanDescription> {
  const env = engineEnvironment(await endpoint(), environment.env);
  const { signal } = options;
  const [plan, client] = await Promise.all([
    prepareBuild(pkg, options, { environment, signal }),
    findClientCapabilities({ environment, env, signal }),
  ]);
  return describePlan(plan, client);
}

/** A build speaks to the package's registry when it pushes, or when a base image, its cache or its frontend lies there. */
function needsLogin(pkg: Package, plan: BuildPlan, capabilities: BuildCapabilities): boolean {
  if (chooseInvocation(plan, capabilities).output.push) return true;
  const { host } = pkg.image;
  // A cache is `type=registry,ref=HOST/…`, or an image's name alone.
  const caches = [...plan.cacheFrom, ...plan.cacheTo].map((cache) => /(?:^|,)ref=([^,]*)/.exec(cache)?.[1] ?? cache);
  return (
    plan.baseImages.some((image) => parseImageReference(image).domain === host) ||
    [...caches, plan.syntax].some((name) => name?.startsWith(`${host}/`))
  );
}

/** The user's own logins work as they are; the config's have to be handed to docker's programs. */
function createLogin(
  pkg: Package,
  found: FoundCredentials | undefined,
  machine: {
    readonly environment: Environment;
    readonly env: EnvironmentVariables;
    readonly capabilities: BuildCapabilities;
  },
) {
  const { environment, env, capabilities } = machine;
  return createClientAuth({
    environment,
    env,
    registryHost: pkg.image.host,
    auth: found?.fromConfig ? found : undefined,
    cliVersion: capabilities.docker?.version,
    buildxVersion: capabilities.buildx?.version,
  });
}
