import type { Package } from '../../config/package.ts';
import type { Engine } from '../../docker/connection/engine.ts';
import type { Environment } from '../../lib/environment.ts';
import type { PlanOptions } from '../build-plan.ts';
import { prepareBuildGraph } from '../prepare.ts';
import { type BaseImage, BaseImages } from './base-images.ts';
import { openContext } from './context/context.ts';
import { type ImageInputs, readImageInputs } from './image-inputs.ts';

export interface ReadInputsOptions extends Omit<PlanOptions, 'revision' | 'excluded'> {
  readonly environment: Environment;
  readonly signal?: AbortSignal | undefined;
  /** Connects to the engine; rejected when there is none. */
  readonly engine: () => Promise<Engine>;
  /** The digest of an image in the last release. */
  readonly lastKnown: (image: string) => string | undefined;
}

/** The inputs of a package's images. */
export interface PackageInputs {
  /** By service; the only image of a package without services has the key undefined. */
  readonly images: ReadonlyMap<string | undefined, ImageInputs>;
  /** What the image names of the Dockerfile point to: what the build has to use. */
  readonly bases: ReadonlyMap<string, BaseImage>;
}

/**
 * Reads what the images of a package would be made from. Each file of the context is read at most once.
 *
 * @throws {ObjDockerError} what planning a build throws; BASE_UNREACHABLE
 */
export async function readInputs(pkg: Package, options: ReadInputsOptions): Promise<PackageInputs> {
  const { environment, signal, engine, lastKnown, ...wanted } = options;
  const { plan, graph } = await prepareBuildGraph(pkg, wanted, { environment, signal });
  const bases = new BaseImages({
    pkg,
    environment,
    signal,
    engine,
    lastKnown,
    // A builder of its own does not see the engine's images.
    registryFirst: plan.platforms.length > 0 || plan.pull || plan.builder !== undefined,
  });
  const context = await openContext(plan.context, {
    environment,
    dockerfile: plan.dockerfile,
    excluded: plan.excluded.map(({ path }) => path),
    signal,
  });
  const own = plan.platforms.length > 0 ? undefined : await bases.enginePlatform();
  const platforms = own === undefined ? plan.platforms : [own];
  const images = new Map<string | undefined, ImageInputs>();
  for (const { service, target, args } of plan.images) {
    const stage = target === undefined ? graph.stages.at(-1) : graph.find(target);
    if (stage === undefined) throw new Error(`the Dockerfile has no stage ${target}`);
    const { rebuildFor, secrets } = pkg.image;
    const inputs = await readImageInputs({ graph, stage, args, rebuildFor, secrets, platforms, bases, context });
    const reason = 'the platform of the engine is not known';
    images.set(service, platforms.length > 0 ? inputs : { ...inputs, unknown: [reason, ...inputs.unknown] });
  }
  await context.save();
  return { images, bases: await bases.all() };
}
