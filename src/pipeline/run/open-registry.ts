import { openPackageHarbor } from '../../access/harbor-access.ts';
import { credentialsFor, httpFor } from '../../access/registry-access.ts';
import { releasesRepository } from '../../config/image-name.ts';
import type { Package } from '../../config/package.ts';
import type { Harbor, HarborProject, HarborRepository } from '../../harbor/harbor.ts';
import { openRegistry, type Registry } from '../../registry/registry.ts';
import { ReleaseRecords } from '../../release/records.ts';
import { harborTagStore } from '../../release/store/harbor-tag-store.ts';
import { plainTagStore } from '../../release/store/plain-tag-store.ts';
import type { TagStore } from '../../release/store/tag-store.ts';
import type { PipelineDependencies } from '../options.ts';

/** The registry of a run. Disposing it closes its connections. */
export interface OpenedRegistry extends AsyncDisposable {
  readonly store: TagStore;
  readonly registry: Registry;
  /** Undefined for a plain registry. */
  readonly project?: HarborProject;
  /** Undefined for a plain registry. */
  readonly harbor?: Harbor;
  /** By Harbor's clock, which its reports have their times from. @default this machine's */
  readonly now?: () => Date;
}

export interface OpenRegistryOptions extends Pick<PipelineDependencies, 'environment'> {
  readonly pkg: Package;
  readonly progress: { readonly warn: (message: string) => void };
  /** Cancels reading the credentials only: the clean-up of a cancelled run still uses the registry. */
  readonly signal?: AbortSignal | undefined;
}

/** Opens the registry of a run. All requests of the run share its rate limit. */
export async function openRunRegistry(options: OpenRegistryOptions): Promise<OpenedRegistry> {
  const { pkg, environment, progress, signal } = options;
  if (pkg.registry.type === 'harbor') {
    const onWarning = (message: string): void => progress.warn(message);
    const opened = await openPackageHarbor(pkg, { environment, signal, onWarning });
    const { harbor, project, registry } = opened;
    return {
      store: harborTagStore(opened),
      registry,
      project,
      harbor,
      now: () => opened.now(),
      [Symbol.asyncDispose]: opened[Symbol.asyncDispose],
    };
  }
  const [login, http] = await Promise.all([
    credentialsFor(pkg.registry.host, pkg, { environment, signal }),
    httpFor(pkg.registry, { environment }),
  ]);
  for (const warning of login.warnings) progress.warn(warning);
  const registry = openRegistry({ url: pkg.registry.url, login, http });
  return { store: plainTagStore(registry), registry, [Symbol.asyncDispose]: () => http.close() };
}

/** The release records of a package; undefined when its releases are not on record. */
export function openRecords(
  pkg: Package,
  store: TagStore,
  ignored?: readonly number[] | undefined,
): ReleaseRecords | undefined {
  if (!pkg.release.record) return undefined;
  return new ReleaseRecords({ store, repository: releasesRepository(pkg), package: pkg.name, ignored });
}

/** The repository of a path that starts with the project. */
export function repositoryOf(project: HarborProject, path: string): HarborRepository {
  return project.repository(path.slice(project.name.length + 1));
}
