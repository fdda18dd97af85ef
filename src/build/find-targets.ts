import type { DockerAccess } from '../access/docker-access.ts';
import { findClientCapabilities } from '../buildx/capabilities.ts';
import { type FrontendTarget, findFrontendTargets } from '../buildx/frontend/targets.ts';
import type { Package } from '../config/package.ts';
import { engineEnvironment } from '../docker/connection/environment.ts';
import { createReadLogin } from './builder-login.ts';
import { builderFor } from './environment/variables.ts';

/** Asks a frontend for its targets; a text says why it names none. */
export type TargetFinder = (
  syntax: string,
  args: Readonly<Record<string, string>>,
) => Promise<readonly FrontendTarget[] | string>;

/** Asks the builder of a package. */
export function targetFinder(
  pkg: Package,
  builder: string | undefined,
  {
    environment,
    endpoint,
    signal,
  }: Pick<DockerAccess, 'environment' | 'endpoint'> & { readonly signal?: AbortSignal | undefined },
): TargetFinder {
  return async (syntax, args) => {
    const env = engineEnvironment(await endpoint(), environment.env);
    const capabilities = await findClientCapabilities({ environment, env, signal });
    const { dockerfile, context } = pkg.image;
    const sources = { syntax, baseImages: [], images: [] };
    await using login = await createReadLogin(pkg, sources, { environment, env, capabilities, signal });
    const call = { dockerfile, context, builder: builderFor(pkg, builder, environment.env), args, syntax };
    return await findFrontendTargets(call, capabilities, { environment, env: login.env, signal });
  };
}
