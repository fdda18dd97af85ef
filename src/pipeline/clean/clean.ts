import { prepareBuild } from '../../build/prepare.ts';
import type { Package } from '../../config/package.ts';
import { parseImageReference } from '../../image-ref.ts';
import type { PipelineMachine } from '../machine.ts';
import type { CleanOptions, CleanResult } from '../obj-build.ts';
import { openRunRegistry } from '../run/open-registry.ts';
import { cleanTags } from './clean-tags.ts';

const A_DAY_MS = 24 * 60 * 60_000;

/** Removes what earlier runs of a package have left; see ObjBuild.clean. */
export async function cleanPackage(
  pkg: Package,
  { olderThanMs = A_DAY_MS, dryRun = false, signal }: CleanOptions,
  machine: PipelineMachine,
): Promise<CleanResult> {
  const { environment } = machine;
  const { images } = await prepareBuild(pkg, {}, { environment, signal, withRevision: false });
  await using registry = await openRunRegistry({ pkg, machine, record: { warn: () => {} }, signal });
  const { store } = registry;
  const planned = images.map(({ reference }) => parseImageReference(reference).path);
  const former = (await store.repositoriesOf(pkg.name, { signal })).filter((name) => !planned.includes(name));
  return await cleanTags(store, planned, { former, olderThanMs, dryRun, now: environment.now(), signal });
}
