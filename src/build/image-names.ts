import type { Config } from '../config/config.ts';
import { ANY_TAG, imageRepository, releasesRepository, serviceOfName } from '../config/image-name.ts';
import type { Package } from '../config/package.ts';
import type { ConfigIssue } from '../config/validation/issues.ts';
import { isObjDockerError, ObjDockerError } from '../errors.ts';
import type { ImageReference } from '../image-ref.ts';
import { offeredArgs } from './build-args.ts';
import { sharedCacheProblem } from './image-caches.ts';
import { selectTargets } from './targets.ts';

/** An image that two packages would push under one name, so that each release of one replaces the other's. */
interface NameCollision {
  /** Without a tag. */
  readonly repository: string;
  readonly ours: NamedImage;
  readonly theirs: NamedImage;
}

interface NamedImage {
  readonly package: string;
  /** Undefined for the package's single image. */
  readonly service: string | undefined;
  /** It is not an image, but the release records of the package. @default false */
  readonly isRecords?: boolean;
}

/**
 * Rejects images whose names are those of another package of the file. A package that cannot be read has no images here.
 *
 * @throws {ObjDockerError} CONFIG_INVALID, with both packages and services
 */
export async function rejectNameCollisions(pkg: Package, services: readonly (string | undefined)[]): Promise<void> {
  const [first] = await findNameCollisions(pkg, services);
  if (first === undefined) return;
  throw new ObjDockerError('CONFIG_INVALID', describeCollision(first), {
    hint: COLLISION_HINT,
    details: { repository: first.repository },
  });
}

const COLLISION_HINT =
  'Give one of the packages another image.name, such as "{package}/{service}", or another project.';

/** `axion/api-eu-shop is the image of the service "api-eu" of shop, and of the service "api" of eu-shop` */
function describeCollision({ repository, ours, theirs }: NameCollision): string {
  return `${repository} is ${describeImage(ours)}, and ${describeImage(theirs)}: each release would replace the other's`;
}

function describeImage({ package: name, service, isRecords }: NamedImage): string {
  if (isRecords) return `the repository of the release records of ${name}`;
  return service === undefined
    ? `the image of ${name}`
    : `the image of the service ${JSON.stringify(service)} of ${name}`;
}

/** The name collisions and shared caches of all packages of a file. A package that cannot be read is left out. */
export async function checkImages(config: Config): Promise<readonly ConfigIssue[]> {
  const issues: ConfigIssue[] = [];
  for (const [index, name] of config.packages.entries()) {
    try {
      const pkg = config.selectPackage(name);
      const services = await servicesOf(pkg);
      const shared = sharedCacheProblem(pkg, services);
      if (shared !== undefined) issues.push(config.issue(name, { key: ['image', 'cacheTo'], ...shared }));
      for (const collision of await findNameCollisions(pkg, services)) {
        // The package that comes later in the file is reported.
        if (config.packages.indexOf(collision.theirs.package) > index) continue;
        issues.push(
          config.issue(name, { key: ['image'], message: describeCollision(collision), hint: COLLISION_HINT }),
        );
      }
    } catch (error) {
      if (!isObjDockerError(error)) throw error;
    }
  }
  return issues;
}

/** The collisions of a package with the others of its file, and of its images with its release records. */
async function findNameCollisions(
  pkg: Package,
  services: readonly (string | undefined)[],
): Promise<readonly NameCollision[]> {
  const images = services.map((service): OwnImage => ({ service, name: imageRepository(pkg, service) }));
  const records = recordsOf(pkg);
  const own = images.filter(({ name }) => name.path === records?.name.path);
  const ours = records === undefined ? images : [...images, records];
  const found = await Promise.all(pkg.siblings().map((sibling) => collisionsWith(sibling, pkg, ours)));
  return [
    ...own.map(({ name, service }) => ({
      repository: name.path,
      ours: { package: pkg.name, service },
      theirs: { package: pkg.name, service: undefined, isRecords: true },
    })),
    ...found.flat(),
  ];
}

interface OwnImage {
  readonly service: string | undefined;
  readonly name: Pick<ImageReference, 'domain' | 'path'>;
  readonly isRecords?: boolean;
}

/** The repository of the release records, beside the images; undefined without records. */
function recordsOf(pkg: Package): OwnImage | undefined {
  if (!pkg.release.record) return undefined;
  return { service: undefined, name: { domain: pkg.image.host, path: releasesRepository(pkg) }, isRecords: true };
}

async function collisionsWith(sibling: Package, pkg: Package, ours: readonly OwnImage[]): Promise<NameCollision[]> {
  try {
    const project = sibling.registry.type === 'harbor' ? `${sibling.registry.project}/` : '';
    const near = ours.flatMap((image) => {
      const { domain, path } = image.name;
      if (domain !== sibling.image.host || !path.startsWith(project)) return [];
      const name = path.slice(project.length);
      const service = serviceOfName(sibling, name);
      const isRecords = path === recordsOf(sibling)?.name.path;
      if (service === undefined && name !== sibling.image.repository && !isRecords) return [];
      return [{ image, name, service, isRecords }];
    });
    // Most packages are apart by their names alone: only the others need a look into their Dockerfile.
    if (near.length === 0) return [];
    const theirs = await servicesOf(sibling);
    return near.flatMap(({ image, name, service, isRecords }): NameCollision[] => {
      const isTheirs = (each: string | undefined) =>
        each === undefined ? name === sibling.image.repository : each === service;
      if (!isRecords && !theirs.some(isTheirs)) return [];
      const { service: ourService, isRecords: areOurs = false } = image;
      return [
        {
          repository: image.name.path,
          ours: { package: pkg.name, service: ourService, isRecords: areOurs },
          theirs: { package: sibling.name, service: isRecords ? undefined : theirs.find(isTheirs), isRecords },
        },
      ];
    });
  } catch (error) {
    // Its own commands report what is wrong with it.
    if (isObjDockerError(error)) return [];
    throw error;
  }
}

/** The services of a package; `[undefined]` for a package with a single image. */
async function servicesOf(pkg: Package): Promise<readonly (string | undefined)[]> {
  const { services, dockerfile } = pkg.image;
  if (services !== undefined && services.length > 0) return services;
  const offered = offeredArgs(pkg, { tag: ANY_TAG });
  const { loadDockerfile } = await import('../dockerfile/load-dockerfile.ts');
  const graph = await loadDockerfile(dockerfile, { buildArgs: (name) => offered.get(name)?.value(), platforms: [] });
  return selectTargets(graph, services).targets.map(({ service }) => service);
}
