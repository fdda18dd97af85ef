import { credentialsFor } from '../access/registry-access.ts';
import type { BuildCapabilities } from '../buildx/capabilities.ts';
import type { BuildPlan } from '../buildx/plan.ts';
import type { Package } from '../config/package.ts';
import { type ClientAuth, createClientAuth } from '../docker/credentials/client-auth.ts';
import type { FoundCredentials } from '../docker/credentials/credentials.ts';
import { parseImageReference } from '../image-ref.ts';
import type { Environment } from '../lib/environment.ts';
import type { EnvironmentVariables } from '../lib/process/exec.ts';

/** What a builder reads from registries. */
type BuildSources = Pick<BuildPlan, 'baseImages' | 'images' | 'syntax'>;

/** Whether a build reads from the package's registry: a base image, a cache or its frontend. */
export function usesRegistry(pkg: Package, { baseImages, images, syntax }: BuildSources): boolean {
  const { host } = pkg.image;
  // A cache is `type=registry,ref=HOST/…`, or an image's name alone.
  const caches = images
    .flatMap(({ cacheFrom = [], cacheTo = [] }) => [...cacheFrom, ...cacheTo])
    .map((cache) => /(?:^|,)ref=([^,]*)/.exec(cache)?.[1] ?? cache);
  return (
    baseImages.some((image) => parseImageReference(image).domain === host) ||
    [...caches, syntax].some((name) => name?.startsWith(`${host}/`))
  );
}

interface LoginContext {
  readonly environment: Environment;
  readonly env: EnvironmentVariables;
  readonly capabilities: BuildCapabilities;
}

/** Passes credentials of the config to docker's programs. They find the user's own logins themselves. */
export async function createLogin(
  pkg: Package,
  found: FoundCredentials | undefined,
  { environment, env, capabilities }: LoginContext,
): Promise<ClientAuth> {
  return createClientAuth({
    environment,
    env,
    registryHost: pkg.image.host,
    auth: found?.fromConfig ? found : undefined,
    cliVersion: capabilities.docker?.version,
    buildxVersion: capabilities.buildx?.version,
  });
}

/** The login for a builder that only reads: what the frontend and the base images of the package need. */
export async function createReadLogin(
  pkg: Package,
  sources: BuildSources,
  { signal, ...context }: LoginContext & { readonly signal?: AbortSignal | undefined },
): Promise<ClientAuth> {
  const { environment } = context;
  const found = usesRegistry(pkg, sources)
    ? await credentialsFor(pkg.image.host, pkg, { environment, signal })
    : undefined;
  return createLogin(pkg, found, context);
}
