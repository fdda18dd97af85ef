import type { DockerAccess } from '../access/docker-access.ts';
import { credentialsFor } from '../access/registry-access.ts';
import type { Package } from '../config/package.ts';
import { type PushEvent, type PushResult, pushImages } from '../docker/push/push.ts';
import { createOperation, type Operation } from '../lib/operation.ts';
import { prepareBuild } from './prepare.ts';

export interface PushPackageOptions {
  /** Only these services. @default all */
  readonly services?: readonly string[] | undefined;
  /** Instead of `image.tag`. */
  readonly tag?: string | undefined;
  /** The tag in the images' names, when they were built under another one than VERSION says. @default `tag` */
  readonly imageTag?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PushPackageResult extends PushResult {
  /** What looked wrong on the way, such as a password file that everybody can read. */
  readonly warnings: readonly string[];
}

/** Pushes the images that a build of the package makes; which they are follows from config and Dockerfile. */
export function pushPackage(
  pkg: Package,
  options: PushPackageOptions,
  docker: DockerAccess,
): Operation<PushEvent, PushPackageResult> {
  return createOperation(async ({ emit, signal }) => {
    const { services, tag, imageTag } = options;
    const access = { environment: docker.environment, signal };
    const [plan, engine, { warnings, ...auth }] = await Promise.all([
      prepareBuild(pkg, { services, tag, imageTag }, { ...access, withRevision: false }),
      docker.connect({ signal }),
      credentialsFor(pkg.image.host, pkg, access),
    ]);
    const push = pushImages(
      engine,
      plan.images.map(({ reference }) => reference),
      { auth, signal },
    );
    for await (const event of push) emit(event);
    return { ...(await push.result), warnings };
  }, options.signal);
}
