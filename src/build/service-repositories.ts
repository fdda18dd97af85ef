import { ANY_TAG } from '../config/image-name.ts';
import type { Package } from '../config/package.ts';
import { parseImageReference } from '../image-ref.ts';
import type { Environment } from '../lib/environment.ts';
import { prepareBuild } from './prepare.ts';

export interface ServiceRepository {
  /** Absent for a package with a single image. */
  readonly service?: string;
  /** With the project, without the host: `axion/meridian-api-homechoice`. */
  readonly repository: string;
}

/**
 * The services of a package, from its Dockerfile, with their repositories. Needs no tag, no engine and no network.
 *
 * @throws {ObjDockerError} what {@link prepareBuild} throws
 */
export async function serviceRepositories(
  pkg: Package,
  options: { readonly environment: Environment; readonly signal?: AbortSignal | undefined },
): Promise<readonly ServiceRepository[]> {
  const { images } = await prepareBuild(pkg, { tag: ANY_TAG }, { ...options, withRevision: false });
  return images.map(({ service, reference }) => ({
    ...(service === undefined ? {} : { service }),
    repository: parseImageReference(reference).path,
  }));
}
