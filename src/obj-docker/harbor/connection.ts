import type { HarborCallOptions, PackageHarbor } from '../../access/harbor-access.ts';
import type { Package } from '../../config/package.ts';
import type { Environment } from '../../lib/environment.ts';
import { shareWork } from '../../lib/shared-work.ts';
import type { TargetScope } from './find-target.ts';
import { readServices } from './read-services.ts';

/** What a session reports during its calls. */
export type HarborSessionOptions = Pick<HarborCallOptions, 'onWarning' | 'onRetry'>;

/** A connection to the Harbor of a package. The first call opens it, and all calls share it. */
export interface HarborConnection extends AsyncDisposable {
  readonly pkg: Package;
  readonly services: TargetScope['services'];
  readonly onWarning: HarborSessionOptions['onWarning'];
  /**
   * Finds the credentials and opens the connection, once.
   *
   * @throws {ObjDockerError} REGISTRY_NOT_HARBOR, and what finding the credentials throws.
   */
  open(signal: AbortSignal | undefined): Promise<PackageHarbor>;
}

export function connectHarbor(
  pkg: Package,
  { onWarning, onRetry }: HarborSessionOptions,
  environment: Environment,
): HarborConnection {
  const connection = shareWork(async (signal) => {
    const { openPackageHarbor } = await import('../../access/harbor-access.ts');
    return openPackageHarbor(pkg, { environment, onWarning, onRetry, signal });
  });
  return {
    pkg,
    services: readServices(pkg, environment),
    onWarning,
    open: (signal) => connection.get(signal),
    [Symbol.asyncDispose]: () => connection.forget((opened) => opened[Symbol.asyncDispose]()),
  };
}
