import pMap from 'p-map';
import * as z from 'zod';
import { isAtLeast } from '../lib/version.ts';
import type { BuildCapabilities, CapabilityOptions } from './capabilities.ts';
import type { BuildPlan, PlannedImage } from './plan.ts';

/** What BuildKit's own build checks say of a Dockerfile. */
export interface BuildChecks {
  /** In the order of lines, each once. */
  readonly warnings: readonly CheckWarning[];
  /** Why nothing, or not everything, was checked: a sentence without a full stop. */
  readonly note?: string;
}

/** A rule that a line of the Dockerfile breaks. */
export interface CheckWarning {
  /** BuildKit's name: `UndefinedVar`. */
  readonly rule: string;
  readonly message: string;
  /** What the rule is about. */
  readonly description?: string;
  readonly url?: string;
  readonly file: string;
  readonly line?: number;
}

const Location = z.object({ ranges: z.array(z.object({ start: z.object({ line: z.int().default(0) }) })).default([]) });
const Response = z.object({
  warnings: z
    .array(
      z.object({
        ruleName: z.string(),
        description: z.string().optional(),
        url: z.string().optional(),
        detail: z.string().optional(),
        location: Location.optional(),
      }),
    )
    .nullish(),
  buildError: z.object({ message: z.string(), location: Location.optional() }).optional(),
});

/** `docker buildx build --call` came with this version of buildx (docs.docker.com/build/checks). */
const FIRST_BUILDX = '0.15';
const PARALLEL = 4;

/**
 * Has the builder check the stages of all images, as `docker build --check` does. Builds nothing and reads no build context, but
 * looks up the base images. What the builder cannot do is a note, not an error.
 *
 * @throws {ObjDockerError} CANCELLED
 */
export async function runBuildChecks(
  plan: BuildPlan,
  { buildx }: BuildCapabilities,
  options: CapabilityOptions,
): Promise<BuildChecks> {
  if (buildx === undefined) return { warnings: [], note: 'there are no build checks without the buildx plugin' };
  if (isAtLeast(buildx.version, '0.1') && !isAtLeast(buildx.version, FIRST_BUILDX))
    return { warnings: [], note: `buildx ${buildx.version} has no build checks: they came with ${FIRST_BUILDX}` };
  const checked = await pMap(plan.images, (image) => checkImage(plan, image, options), { concurrency: PARALLEL });
  const notes = checked.flatMap(({ note }) => note ?? []);
  const warnings = new Map(
    checked.flatMap(({ warnings }) => warnings.map((warning) => [JSON.stringify(warning), warning])),
  );
  return {
    warnings: [...warnings.values()].sort((a, b) => (a.line ?? 0) - (b.line ?? 0)),
    ...(notes[0] === undefined ? {} : { note: notes[0] }),
  };
}

async function checkImage(
  plan: BuildPlan,
  image: PlannedImage,
  { environment, env, signal }: CapabilityOptions,
): Promise<BuildChecks> {
  const { stdout, stderr } = await environment.exec('docker', checkArguments(plan, image), {
    env,
    signal,
    cwd: plan.context,
    withDescendants: true,
  });
  return readBuildChecks(stdout, plan.dockerfile) ?? { warnings: [], note: reasonOf(stderr, plan) };
}

function checkArguments(plan: BuildPlan, image: PlannedImage): string[] {
  const [platform] = plan.platforms;
  return [
    'buildx',
    'build',
    '--call',
    'check,format=json',
    '--progress',
    'plain',
    ...(plan.builder === undefined ? [] : ['--builder', plan.builder]),
    ...(platform === undefined ? [] : ['--platform', platform]),
    '--file',
    plan.dockerfile,
    ...(image.target === undefined ? [] : ['--target', image.target]),
    ...Object.entries(image.args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    plan.context,
  ];
}

/** Reads what `docker buildx build --call check,format=json` printed; undefined when that is no result. */
export function readBuildChecks(stdout: string, file: string): BuildChecks | undefined {
  const { data } = Response.safeParse(parseJson(stdout));
  if (data === undefined) return undefined;
  const warnings = (data.warnings ?? []).map(({ ruleName, detail, description, url, location }): CheckWarning => {
    const line = lineOf(location);
    return {
      rule: ruleName,
      message: detail ?? description ?? '',
      ...(description === undefined ? {} : { description }),
      ...(url === undefined ? {} : { url }),
      file,
      ...(line === undefined ? {} : { line }),
    };
  });
  if (data.buildError === undefined) return { warnings };
  const { message, location } = data.buildError;
  return { warnings, note: `the build checks stopped at ${file}:${lineOf(location) ?? 1}: ${message}` };
}

function lineOf(location: z.infer<typeof Location> | undefined): number | undefined {
  const line = location?.ranges[0]?.start.line;
  return line === 0 ? undefined : line;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(stderr: string, { syntax }: BuildPlan): string {
  if (/unsupported request frontend\.lint/.test(stderr))
    return syntax === undefined
      ? 'the builder has no build checks: they came with BuildKit 0.14 (engine 27.0)'
      : `the frontend ${syntax} has no build checks`;
  const error = stderr
    .match(/^ERROR: (.*)$/gm)
    ?.at(-1)
    ?.replace(/^ERROR: /, '');
  return `the build checks did not run: ${error ?? (stderr.trim().split('\n').at(-1) || 'docker printed nothing')}`;
}
