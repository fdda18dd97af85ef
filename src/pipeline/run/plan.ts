import { dirname, resolve } from 'node:path';
import { prepareBuild } from '../../build/prepare.ts';
import type { PlannedImage } from '../../buildx/plan.ts';
import type { Package, ScanPolicy } from '../../config/package.ts';
import { ObjDockerError } from '../../errors.ts';
import { parseImageReference, problemOfTag } from '../../image-ref.ts';
import type { Environment } from '../../lib/environment.ts';
import { makeFolders } from '../../lib/files/files.ts';
import { reservedTag } from '../../release/release-tags.ts';
import type { PipelineOptions } from '../options.ts';
import type { RunImage } from './context.ts';

export interface RunPlanOptions {
  /** The run's id. */
  readonly run: string;
  /** The public tags. */
  readonly tags: readonly string[];
  readonly options: PipelineOptions;
  readonly environment: Environment;
  readonly signal: AbortSignal;
}

/** The images of a run. */
export interface RunImages {
  readonly images: readonly RunImage[];
  /** The repositories of all services of the package. */
  readonly repositories: readonly string[];
}

export interface RunPlan extends RunImages {
  readonly policy: ScanPolicy;
}

/**
 * Plans a run without any request to the engine or the registry. It reads all config values that later stages need, so that an
 * unset variable fails before a long build.
 *
 * @throws {ObjDockerError} REGISTRY_NOT_HARBOR when nothing can be scanned; REFERENCE_INVALID when the public tag is too long or has
 * the pipeline's own form; OUTPUT_FAILED when registries.yaml could not be written; what planning the build throws.
 */
export async function planRun(pkg: Package, plan: RunPlanOptions): Promise<RunPlan> {
  if (pkg.registry.type !== 'harbor' && plan.options.scan !== false) throw noScanner(pkg);
  const policy = copyPolicy(pkg);
  const images = await listRunImages(pkg, plan);
  await checkRegistriesFile(pkg, plan);
  return { policy, ...images };
}

/** The policy with all its values read. */
export function copyPolicy({ scan }: Package): ScanPolicy {
  return { ...scan, allow: scan.allow.map((entry) => ({ ...entry })) };
}

/**
 * Names the images of a run, and writes nothing.
 *
 * @throws {ObjDockerError} REFERENCE_INVALID for a public tag; what planning the build throws
 */
export async function listRunImages(pkg: Package, plan: RunPlanOptions): Promise<RunImages> {
  const { run, tags, options, environment, signal } = plan;
  checkPublicTags(tags);
  const [tag = ''] = tags;
  const { services, platforms, builder, outputs } = options;
  const wanted = { services, tag, platforms, builder, outputs };
  const { images } = await prepareBuild(pkg, wanted, { environment, signal, withRevision: false });
  // A problem of a service that is not built must not stop those that are.
  const all = services === undefined ? images : await planAllImages(pkg, plan).catch(() => images);
  return {
    repositories: all.map(({ reference }) => parseImageReference(reference).path),
    images: images.map(({ service, reference }) => ({
      ...(service === undefined ? {} : { service }),
      repository: parseImageReference(reference).path,
      reference,
      publicTags: tags.map((each) => ({ tag: each, reference: `${reference.slice(0, -tag.length)}${each}` })),
      staged: `${reference.slice(0, -tag.length)}${run}`,
    })),
  };
}

/** The images of all services, also of those that this run does not build. */
async function planAllImages(
  pkg: Package,
  { tags, environment, signal }: RunPlanOptions,
): Promise<readonly PlannedImage[]> {
  return (await prepareBuild(pkg, { tag: tags[0] }, { environment, signal, withRevision: false })).images;
}

/** Fails before the build when registries.yaml could not be written. */
async function checkRegistriesFile(pkg: Package, { options, environment, signal }: RunPlanOptions): Promise<void> {
  const { output } = pkg.k3s;
  if (output === undefined) return;
  const { ObjBuildRunnerK3s } = await import('../../k3s/k3s.ts');
  await new ObjBuildRunnerK3s({ environment }).generate(options.registriesOf ?? [pkg], { signal });
  const folder = dirname(resolve(environment.cwd, output));
  await makeFolders(folder).catch((cause) => {
    throw new ObjDockerError(
      'OUTPUT_FAILED',
      `cannot create the folder ${folder} for registries.yaml: ${cause.code ?? cause}`,
      {
        hint: `Set ${pkg.name}.deployment.k3s.output to a file in a folder that you may write to.`,
        cause,
      },
    );
  });
}

function noScanner({ name, registry }: Package): ObjDockerError {
  return new ObjDockerError(
    'REGISTRY_NOT_HARBOR',
    `config.yaml declares the registry of ${name}, ${registry.host}, as plain: its images cannot be scanned`,
    {
      hint: 'To release without a scan: objdocker pipeline --no-scan. If the registry is Harbor, set deployment.registry.type: harbor.',
    },
  );
}

/** @throws {ObjDockerError} REFERENCE_INVALID for what cannot be a public tag */
export function checkPublicTags(tags: readonly string[]): void {
  for (const tag of tags) {
    const problem = problemOfTag(tag);
    if (problem !== undefined) {
      const shown = JSON.stringify(tag.length > 60 ? `${tag.slice(0, 60)}…` : tag);
      throw new ObjDockerError('REFERENCE_INVALID', `${shown} is not a tag: ${problem}`, {
        hint: 'A tag is up to 128 letters, digits and "_", "." or "-", as in 1.4.2 or main-2f3a.',
      });
    }
    const reserved = reservedTag(tag);
    if (reserved !== undefined) {
      throw new ObjDockerError('REFERENCE_INVALID', `${tag} cannot be a public tag: it ${reserved}`, {
        hint: 'Choose another tag with --tag or deployment.image.tag.',
      });
    }
  }
}
