import { ObjDockerError } from '../errors.ts';
import { type ImageReference, parseImageReference } from '../image-ref.ts';
import type { ImageConfig, Package } from './package.ts';

/** The default of `image.name`. */
export const DEFAULT_NAME = '{service}-{package}';

/** The tag of the build cache in the repository of each image, with `image.cache: registry`. */
export const BUILD_CACHE_TAG = 'buildcache';

/**
 * Returns the reference of a package's image: `host[:port]/[project/]name:tag`. It has a project when the registry is a Harbor.
 * The name is `image.name`, or `image.repository` without a service.
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
  return { ...imageRepository(pkg, service), tag: tagOf(pkg) };
}

/** Returns the reference of {@link imageName} without its tag, which the config need not have. */
export function imageRepository(pkg: Package, service: string | undefined): Pick<ImageReference, 'domain' | 'path'> {
  const { registry, image } = pkg;
  const project = registry.type === 'harbor' ? `${registry.project}/` : '';
  const name = service === undefined ? image.repository : fillIn(image.name, { service, package: pkg.name });
  return parseImageReference(`${image.host}/${project}${name}`);
}

/** A tag for build plans of which nothing uses the tag: the config may have none. */
export const ANY_TAG = 'latest';

/**
 * Returns the public tags of a package: `image.tags`, else `image.tag`.
 *
 * @throws {ObjDockerError} CONFIG_INVALID when the config has none.
 */
export function tagsOf({ name, image, configFile }: Package): readonly string[] {
  if (image.tags.length > 0) return image.tags;
  if (image.tag !== undefined) return [image.tag];
  throw new ObjDockerError('CONFIG_INVALID', `the package ${name} has no tag: ${configFile} does not set image.tag`, {
    hint: 'Set it, or name the tag on the command line: --tag TAG where an image is built or pushed, REPO:TAG for one in Harbor.',
  });
}

/**
 * Returns the first public tag, which is that of the images of a build, and VERSION.
 *
 * @throws {ObjDockerError} CONFIG_INVALID when the config has none.
 */
export function tagOf(pkg: Package): string {
  const [first] = tagsOf(pkg);
  if (first === undefined) throw new Error(`${pkg.name} has an empty list of tags`);
  return first;
}

/**
 * Returns the repository of a package's release records, with the project: `axion/homechoice-releases`.
 *
 * @throws {ObjDockerError} REFERENCE_INVALID when the name of the package cannot be part of a repository.
 */
export function releasesRepository({ name, registry, image, release }: Package): string {
  const project = registry.type === 'harbor' ? `${registry.project}/` : '';
  if (release.repository !== undefined)
    return parseImageReference(`${image.host}/${project}${release.repository}`).path;
  try {
    return parseImageReference(`${image.host}/${project}${name.toLowerCase()}-releases`).path;
  } catch (cause) {
    throw new ObjDockerError(
      'REFERENCE_INVALID',
      `the name of the package ${JSON.stringify(name)} cannot be part of a repository: its releases have no place`,
      { hint: `Name the repository of the release records: ${name}.deployment.release.repository.`, cause },
    );
  }
}

/** What names the images of a package's services. */
export interface NamedPackage {
  readonly name: string;
  readonly image: Pick<ImageConfig, 'name'>;
}

/** Fills in the placeholders of `image.name`. */
export function fillIn(template: string, values: { readonly service: string; readonly package: string }): string {
  return template.replace(/\{(service|package)\}/g, (_, name: 'service' | 'package') => values[name]);
}

/** The service whose image has this name, without the project, if the package has such a service. */
export function serviceOfName(pkg: NamedPackage, name: string): string | undefined {
  const pattern = pkg.image.name.replace(/\{service\}|\{package\}|[^{]+|\{/g, (part) => {
    if (part === '{service}') return '(?<service>.+)';
    return (part === '{package}' ? pkg.name : part).replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  });
  // Only the first {service} can be a group; the others are the same text.
  const [first = '', ...rest] = pattern.split('(?<service>.+)');
  const regex = `^${first}${rest.map((text, index) => (index === 0 ? `(?<service>.+)${text}` : `\\k<service>${text}`)).join('')}$`;
  return new RegExp(regex).exec(name)?.groups?.service;
}
