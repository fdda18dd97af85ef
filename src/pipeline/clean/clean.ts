import { serviceRepositories } from '../../build/service-repositories.ts';
import type { Package } from '../../config/package.ts';
import type { CleanOptions, CleanResult, PipelineDependencies } from '../options.ts';
import { openRunRegistry } from '../run/open-registry.ts';
import { removeStagingTags } from './remove-staging-tags.ts';

const DAY_MS = 24 * 60 * 60_000;

/** Removes the tags that earlier runs of a package have left; see ObjBuild.clean. */
export async function cleanPackage(
  pkg: Package,
  { olderThanMs = DAY_MS, dryRun = false, signal }: CleanOptions,
  { environment }: PipelineDependencies,
): Promise<CleanResult> {
  const services = await serviceRepositories(pkg, { environment, signal });
  await using registry = await openRunRegistry({ pkg, environment, progress: { warn: () => {} }, signal });
  const { store } = registry;
  const repositories = services.map(({ repository }) => repository);
  const formerRepositories = (await store.repositoriesOf(pkg, { signal })).filter(
    (name) => !repositories.includes(name),
  );
  return await removeStagingTags(store, repositories, {
    formerRepositories,
    olderThanMs,
    dryRun,
    now: environment.now(),
    signal,
  });
}
