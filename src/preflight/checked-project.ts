import { openPackageHarbor, type PackageHarbor } from '../access/harbor-access.ts';
import type { Package } from '../config/package.ts';
import type { Project } from '../harbor/harbor.ts';
import type { Environment } from '../lib/environment.ts';
import { once } from '../lib/shared-work.ts';

/** The Harbor project of a package, for several checks: one connection, and its settings are read once. */
export interface CheckedProject extends AsyncDisposable {
  /** @throws {ObjDockerError} as `openPackageHarbor` */
  readonly harbor: () => Promise<PackageHarbor>;
  /** @throws {ObjDockerError} as `HarborProject.get` */
  readonly settings: () => Promise<Project>;
}

/** Opens the project when a check asks for it. */
export function checkedProject(
  pkg: Package,
  access: { readonly environment: Environment; readonly signal?: AbortSignal | undefined },
): CheckedProject {
  let opened: Promise<PackageHarbor> | undefined;
  const harbor = (): Promise<PackageHarbor> => {
    opened ??= openPackageHarbor(pkg, access);
    return opened;
  };
  return {
    harbor,
    settings: once(async () => (await harbor()).project.get({ signal: access.signal })),
    async [Symbol.asyncDispose]() {
      const connected = await opened?.catch(() => undefined);
      await connected?.[Symbol.asyncDispose]();
    },
  };
}
