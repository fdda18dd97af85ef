import { prepareBuild } from '../../build/prepare.ts';
import type { Package } from '../../config/package.ts';
import { parseImageReference } from '../../image-ref.ts';
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
  const { images } = await prepareBuild(pkg, {}, { environment, signal, withRevision: false });
  await using registry = await openRunRegistry({ pkg, environment, record: { warn: () => {} }, signal });
  const { store } = registry;
  const repositories = images.map(({ reference }) => parseImageReference(reference).path);
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
