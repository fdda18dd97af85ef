import { type ImageReference, parseImageReference } from '../image-ref.ts';
import type { Package } from './package.ts';

/**
 * Returns the reference of a package's image: `host[:port]/[project/]name:tag`. It has a project when the registry is a Harbor.
 * The name is `<service>-<package>`, or `image.repository` without a service.
 *
 * @throws {ObjDockerError} REFERENCE_INVALID when the result is not a valid reference; also the errors of reading the package's
 * properties.
 * @example
 * ```ts
 * formatImageReference(imageName(pkg, 'meridian-report'));
 * // registry.technocore.co.za/axion/meridian-report-homechoice:latest
 * ```
 */
export function imageName(pkg: Package, service: string | undefined): ImageReference {
  const { registry, image } = pkg;
  const project = registry.type === 'harbor' ? `${registry.project}/` : '';
  const name = service === undefined ? image.repository : `${service}-${pkg.name}`;
  return parseImageReference(`${image.host}/${project}${name}:${image.tag}`);
}
