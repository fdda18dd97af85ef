import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { prepareBuild } from '../../build/prepare.ts';
import type { PlannedImage } from '../../buildx/plan.ts';
import type { Package, ScanPolicy } from '../../config/package.ts';
import { ObjDockerError } from '../../errors.ts';
import { parseImageReference } from '../../image-ref.ts';
import type { Environment } from '../../lib/environment.ts';
import type { PipelineOptions } from '../obj-build.ts';
import { LONGEST_PUBLIC_TAG, readStagingTag } from '../promotion/staging-tag.ts';
import type { RunImage } from './context.ts';

export interface RunPlanOptions {
  /** The run's id. */
  readonly run: string;
  /** The public tag. */
  readonly tag: string;
  readonly options: PipelineOptions;
  readonly environment: Environment;
  readonly signal: AbortSignal;
}

export interface RunPlan {
  readonly images: readonly RunImage[];
  /** Of all services of the package. */
  readonly repositories: readonly string[];
  readonly policy: ScanPolicy;
}

/**
 * What a run is about. All of the config that it will need late is read now: a variable that is not set is an error before a
 * long build, and not after it. Asks no engine and no registry.
 *
 * @throws {ObjDockerError} REGISTRY_NOT_HARBOR where nothing can be scanned; REFERENCE_INVALID for a public tag that leaves no
 * room for the pipeline's own; OUTPUT_FAILED where registries.yaml could not be written; what planning the build throws.
 */
export async function planRun(pkg: Package, plan: RunPlanOptions): Promise<RunPlan> {
  const { run, tag, options, environment, signal } = plan;
  if (pkg.registry.type !== 'harbor' && options.scan !== false) throw nothingScans(pkg);
  checkPublicTag(tag);
  const policy = { ...pkg.scan, allow: pkg.scan.allow.map((entry) => ({ ...entry })) };
  await checkRegistriesFile(pkg, plan);
  const { services, platforms, builder } = options;
  const wanted = { services, tag, platforms, builder };
  const { images } = await prepareBuild(pkg, wanted, { environment, signal, withRevision: false });
  const all = services === undefined ? images : await allImages(pkg, plan).catch(() => images);
  return {
    policy,
    repositories: all.map(({ reference }) => parseImageReference(reference).path),
    images: images.map(({ service, reference }) => ({
      ...(service === undefined ? {} : { service }),
      repository: parseImageReference(reference).path,
      reference,
      staged: `${reference.slice(0, -tag.length)}${run}`,
    })),
  };
}

/** What keeps the services from being built that nobody asked for does not matter to those that somebody did. */
async function allImages(pkg: Package, { tag, environment, signal }: RunPlanOptions): Promise<readonly PlannedImage[]> {
  return (await prepareBuild(pkg, { tag }, { environment, signal, withRevision: false })).images;
}

/** Who is to write a registries.yaml in the end, and could not, releases nothing first. */
async function checkRegistriesFile(pkg: Package, { options, environment, signal }: RunPlanOptions): Promise<void> {
  const { output } = pkg.k3s;
  if (output === undefined) return;
  const { ObjBuildRunnerK3s } = await import('../../k3s/k3s.ts');
  await new ObjBuildRunnerK3s({ environment }).generate(options.registriesOf ?? [pkg], { signal });
  const folder = dirname(resolve(environment.cwd, output));
  await mkdir(folder, { recursive: true }).catch((cause) => {
    throw new ObjDockerError(
      'OUTPUT_FAILED',
      `cannot make the folder ${folder} for registries.yaml: ${cause.code ?? cause}`,
      {
        hint: `${pkg.name}.deployment.k3s.output names that file: give it a folder that is there, or whose parent you may write to.`,
        cause,
      },
    );
  });
}

function nothingScans({ name, registry }: Package): ObjDockerError {
  return new ObjDockerError(
    'REGISTRY_NOT_HARBOR',
    `the registry of ${name}, ${registry.host}, is a plain one by config.yaml: nothing would be scanned`,
    {
      hint: 'To release the images without a scan, say so: objdocker pipeline --no-scan. If it is a Harbor: deployment.registry.type: harbor.',
    },
  );
}

function checkPublicTag(tag: string): void {
  if (readStagingTag(tag) !== undefined) {
    throw new ObjDockerError('REFERENCE_INVALID', `${tag} is a tag of the pipeline's own form, and no public one`, {
      hint: 'Give the images another tag: --tag, or deployment.image.tag.',
    });
  }
  if (tag.length > LONGEST_PUBLIC_TAG) {
    throw new ObjDockerError(
      'REFERENCE_INVALID',
      `the tag ${tag.slice(0, LONGEST_PUBLIC_TAG)}… has ${tag.length} characters: the pipeline needs some of the registry's 128 for its own`,
      { hint: `Choose one of ${LONGEST_PUBLIC_TAG} characters or fewer.` },
    );
  }
}
