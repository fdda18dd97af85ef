import type { Package } from '../../config/package.ts';
import { isObjDockerError } from '../../errors.ts';
import type { Environment } from '../../lib/environment.ts';
import { once } from '../../lib/shared-work.ts';
import type { TargetScope } from './find-target.ts';

/** Reads the services of a package once. Harbor can be looked at without a Dockerfile: then there are none. */
export function readServices(pkg: Package, environment: Environment): TargetScope['services'] {
  return once(async () => {
    const { serviceRepositories } = await import('../../build/service-repositories.ts');
    return serviceRepositories(pkg, { environment }).catch((error: unknown) => {
      if (isObjDockerError(error)) return [];
      throw error;
    });
  });
}
