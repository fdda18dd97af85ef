import type { PlannedImage } from '../buildx/plan.ts';
import { BUILD_CACHE_TAG, fillIn, imageRepository } from '../config/image-name.ts';
import type { Package } from '../config/package.ts';
import { ObjDockerError } from '../errors.ts';

/** The caches of an image: those of the config with its placeholders filled in, and its own with `cache: registry`. */
export function cachesOf(
  pkg: Package,
  service: string | undefined,
): Required<Pick<PlannedImage, 'cacheFrom' | 'cacheTo'>> {
  const { name, image } = pkg;
  const fill = (cache: string) => fillIn(cache, { service: service ?? image.repository, package: name });
  const { domain, path } = imageRepository(pkg, service);
  const own = image.cache === 'registry' ? [`type=registry,ref=${domain}/${path}:${BUILD_CACHE_TAG}`] : [];
  return {
    cacheFrom: [...image.cacheFrom.map(fill), ...own],
    cacheTo: [
      ...image.cacheTo.map(fill),
      // Harbor refuses an index of blobs. An immutable rule or a full quota must not fail a release for its cache.
      ...own.map((cache) => `${cache},mode=max,image-manifest=true,ignore-error=true`),
    ],
  };
}

/** What is wrong with a cache to write that several services share; undefined when each has its own. */
export function sharedCacheProblem(
  { image }: Package,
  services: readonly unknown[],
): { readonly message: string; readonly hint: string } | undefined {
  const shared = image.cacheTo.find((cache) => !cache.includes('{service}') && !isInImage(cache));
  if (services.length < 2 || shared === undefined) return undefined;
  return {
    message: `${services.length} services would write their caches to one place, ${JSON.stringify(shared)}, and only the last would be kept`,
    hint: 'Give each service its own with the placeholder {service}, in cacheFrom, too; or use image.cache: registry.',
  };
}

/** @throws {ObjDockerError} CONFIG_INVALID for a cache to write that several services share. */
export function rejectSharedCaches(pkg: Package, services: readonly unknown[]): void {
  const problem = sharedCacheProblem(pkg, services);
  if (problem === undefined) return;
  const { message, hint } = problem;
  throw new ObjDockerError('CONFIG_INVALID', `${pkg.name}.deployment.image.cacheTo: ${message}`, { hint });
}

/** Whether a cache is written into the image itself. */
function isInImage(cache: string): boolean {
  return /(?:^|,)\s*type\s*=\s*inline\s*(?:,|$)/.test(cache);
}
