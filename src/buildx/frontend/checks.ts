import pMap from 'p-map';
import * as z from 'zod';
import type { BuildCapabilities, CapabilityOptions } from '../capabilities.ts';
import type { BuildPlan, PlannedImage } from '../plan.ts';
import { callFrontend, whyNoCalls } from './call.ts';

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

const WHAT = 'build checks';
const PARALLEL = 4;

/**
 * Has the builder check the stages of all images, as `docker build --check` does. Builds nothing and reads no build context, but
 * looks up the base images. What the builder cannot do is a note, not an error.
 *
 * @throws {ObjDockerError} CANCELLED
 */
export async function runBuildChecks(
  plan: BuildPlan,
  capabilities: BuildCapabilities,
  options: CapabilityOptions,
): Promise<BuildChecks> {
  const problem = whyNoCalls(capabilities, WHAT);
  if (problem !== undefined) return { warnings: [], note: problem };
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
  { dockerfile, context, builder, platforms, syntax }: BuildPlan,
  { target, args }: PlannedImage,
  options: CapabilityOptions,
): Promise<BuildChecks> {
  const [platform] = platforms;
  const call = { method: 'check', what: WHAT, dockerfile, context, builder, platform, target, args, syntax } as const;
  const { response, reason } = await callFrontend(call, options);
  return readBuildChecks(response, dockerfile) ?? { warnings: [], note: reason };
}

/** Reads the JSON of `docker buildx build --call check,format=json`; undefined when that is no result. */
export function readBuildChecks(response: unknown, file: string): BuildChecks | undefined {
  const { data } = Response.safeParse(response);
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
