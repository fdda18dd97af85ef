import type { DockerAccess } from '../access/docker-access.ts';
import { credentialsFor } from '../access/registry-access.ts';
import type { Package } from '../config/package.ts';
import { type PushEvent, type PushResult, pushImages } from '../docker/push/push.ts';
import { createOperation, type Operation } from '../lib/operation.ts';
import { targetFinder } from './find-targets.ts';
import { prepareBuild } from './prepare.ts';
import { explainRefusedPush } from './refused-push.ts';

export interface PushPackageOptions {
  /** Only these services. @default all */
  readonly services?: readonly string[] | undefined;
  /** Overrides `image.tag`. */
  readonly tag?: string | undefined;
  /** The tag of the image references, when it differs from the build argument VERSION. @default `tag` */
  readonly imageTag?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PushPackageResult extends PushResult {
  /** Problems that did not stop the push, such as a password file that every user can read. */
  readonly warnings: readonly string[];
}

/** Pushes the images of a package. Config and Dockerfile decide which they are. */
export function pushPackage(
  pkg: Package,
  options: PushPackageOptions,
  docker: DockerAccess,
): Operation<PushEvent, PushPackageResult> {
  return createOperation(async ({ emit, signal }) => {
    const { services, tag, imageTag } = options;
    const access = { environment: docker.environment, signal };
    const [plan, engine, { warnings, ...auth }] = await Promise.all([
      prepareBuild(
        pkg,
        { services, tag, imageTag },
        { ...access, withRevision: false, findTargets: targetFinder(pkg, undefined, { ...docker, signal }) },
      ),
      docker.connect({ signal }),
      credentialsFor(pkg.image.host, pkg, access),
    ]);
    // Before the push, because it may fail for what they say.
    for (const message of warnings) void emit({ type: 'warning', message });
    const push = pushImages(
      engine,
      plan.images.map(({ reference }) => reference),
      { auth, signal },
    );
    try {
      for await (const event of push) emit(event);
      return { ...(await push.result), warnings };
    } catch (error) {
      throw await explainRefusedPush(error, pkg, access);
    }
  }, options.signal);
}
