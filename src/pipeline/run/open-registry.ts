import { openPackageHarbor, type PackageHarbor } from '../../access/harbor-access.ts';
import { credentialsFor, httpFor } from '../../access/registry-access.ts';
import type { HarborProject, HarborRepository } from '../../harbor/harbor.ts';
import { openRegistry, type Registry } from '../../registry/registry.ts';
import { harborTagStore } from '../promotion/harbor-tag-store.ts';
import { plainTagStore } from '../promotion/plain-tag-store.ts';
import type { TagStore } from '../promotion/tag-store.ts';
import type { RunContext } from './context.ts';

/** The registry of a run, with connections of its own that end with it. */
export interface OpenedRegistry extends AsyncDisposable {
  readonly store: TagStore;
  readonly registry: Registry;
  /** Undefined for a plain registry. */
  readonly project?: HarborProject;
}

/** As much of a run as opening its registry takes. */
interface RegistryOpener extends Pick<RunContext, 'pkg' | 'machine'> {
  readonly record: Pick<RunContext['record'], 'warn'>;
  /** Ends the search for credentials, and nothing later: what cleans up after a cancelled run asks the registry, too. */
  readonly signal?: AbortSignal | undefined;
}

/** Opens the registry of a run, with one budget of requests for all that the run asks. */
export async function openRunRegistry(context: RegistryOpener): Promise<OpenedRegistry> {
  const { pkg, machine, record, signal } = context;
  const { environment } = machine;
  if (pkg.registry.type === 'harbor') {
    const harbor = await openRunHarbor(context);
    const { project, registry } = harbor;
    return { store: harborTagStore(harbor), registry, project, [Symbol.asyncDispose]: harbor[Symbol.asyncDispose] };
  }
  const [login, http] = await Promise.all([
    credentialsFor(pkg.registry.host, pkg, { environment, signal }),
    httpFor(pkg.registry, { environment }),
  ]);
  for (const warning of login.warnings) record.warn(warning);
  const registry = openRegistry({ url: pkg.registry.url, login, http });
  return { store: plainTagStore(registry), registry, [Symbol.asyncDispose]: () => http.close() };
}

/** Opens the Harbor of a run. */
export function openRunHarbor({ pkg, machine, record, signal }: RegistryOpener): Promise<PackageHarbor> {
  return openPackageHarbor(pkg, {
    environment: machine.environment,
    signal,
    onWarning: (message) => record.warn(message),
  });
}

/** A repository by its whole path, of which the project is the beginning. */
export function repositoryOf(project: HarborProject, path: string): HarborRepository {
  return project.repository(path.slice(project.name.length + 1));
}
