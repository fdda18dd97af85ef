import { resolve } from 'node:path';
import * as z from 'zod';
import { tagsOf } from '../../config/image-name.ts';
import type { Package } from '../../config/package.ts';
import { ObjDockerError } from '../../errors.ts';
import { ObjBuild } from '../../pipeline/obj-build.ts';
import type { PipelineOptions, PlanOptions } from '../../pipeline/options.ts';
import { BUILD_FLAGS, buildOptionsOf } from '../build/build-flags.ts';
import { summaryFile } from '../framework/ci/job-summary.ts';
import type { CommandBody, CommandContext } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import type { ExitCode } from '../framework/exit-codes.ts';
import { ageOf, timeSpanOf } from '../framework/option-values.ts';
import { ignoredRecordsOf } from '../releases/release-number.ts';
import { openEvents, recordEvents } from './events-file.ts';
import { followPipeline } from './live/follow-pipeline.ts';
import { finishPipeline } from './pipeline-result.ts';
import { packagesSharingRegistries } from './shared-registries.ts';

const Options = z.object({
  ...BUILD_FLAGS,
  tag: z.array(z.string()).optional(),
  rebuild: z.boolean().default(false),
  rebuildOlder: z.string().optional(),
  backwards: z.boolean().default(false),
  adopt: z.boolean().default(false),
  reset: z.boolean().default(false),
  throughHold: z.boolean().default(false),
  releaseWithdrawn: z.boolean().default(false),
  ignoreRecord: z.array(z.string()).optional(),
  scan: z.boolean().default(true),
  timeout: z.string().optional(),
  report: z.string().optional(),
  summary: z.string().optional(),
  events: z.string().optional(),
  progress: z.enum(['auto', 'tty', 'plain', 'quiet']).optional(),
  clean: z.boolean().default(false),
  olderThan: z.string().optional(),
  dryRun: z.boolean().default(false),
});

type PipelineFlags = z.infer<typeof Options>;

/** `objdocker pipeline [PACKAGE]`: builds, pushes, scans, gates and promotes; with `--clean` removes old staging tags. */
export const run: CommandBody = async (context, [name], given) => {
  const flags = Options.parse(given);
  checkCombination(flags, context);
  const timeoutMs = timeSpanOf(given, 'timeout');
  const rebuildOlderMs = flags.rebuildOlder === undefined ? undefined : ageOf(flags.rebuildOlder, '--rebuild-older');
  if (flags.clean) {
    const { cleanPipeline } = await import('./pipeline-clean.ts');
    return cleanPipeline(context, name, flags);
  }
  if (flags.dryRun) {
    const { printPlans } = await import('../plan/print-plans.ts');
    return printPlans(context, { packages: name, options: changingOptions({ ...flags, rebuildOlderMs }) });
  }
  const summary = summaryFile(context, given);
  return runPipeline(context, await context.selectPackage(name), { ...flags, timeoutMs, rebuildOlderMs, summary });
};

async function runPipeline(
  context: CommandContext,
  pkg: Package,
  flags: PipelineFlags & { readonly timeoutMs: number | undefined; readonly rebuildOlderMs: number | undefined },
): Promise<ExitCode> {
  const { environment, signal, output } = context;
  const options: PipelineOptions = {
    ...changingOptions(flags),
    scan: flags.scan,
    timeoutMs: flags.timeoutMs,
    registriesOf: packagesSharingRegistries(pkg, await context.loadConfig()),
    outputs: [flags.report, flags.events, flags.summary].flatMap((path) =>
      path === undefined || path === '-' ? [] : [resolve(environment.cwd, path)],
    ),
    signal,
  };
  const directory = flags.report === undefined ? undefined : resolve(environment.cwd, flags.report);
  if (directory !== undefined) await startReports(directory, pkg, { tags: flags.tag, context });
  await using events = flags.events === undefined ? undefined : await openEvents(flags.events, context);
  const docker = createDocker(context);
  try {
    const pipeline = new ObjBuild(docker, { environment }).run(pkg, options);
    const watched = events === undefined ? pipeline : recordEvents(pipeline, events);
    // Events on the terminal would overwrite a live tree.
    const interactive = context.interactive && !(events?.onStdout && output.isTerminal('stdout'));
    const followed = await followPipeline(watched, { output, interactive }, flags.progress ?? 'auto');
    return await finishPipeline(context, pkg, { ...followed, directory, events, summary: flags.summary });
  } finally {
    docker.close();
  }
}

/** The options that change what a run does. */
function changingOptions(flags: PipelineFlags & { readonly rebuildOlderMs: number | undefined }): PlanOptions {
  const { tag: _tag, ...options } = buildOptionsOf({ ...flags, tag: undefined });
  return {
    ...options,
    tags: flags.tag,
    rebuild: flags.rebuild,
    rebuildOlderMs: flags.rebuildOlderMs,
    backwards: flags.backwards,
    movedTags: flags.adopt ? 'adopt' : flags.reset ? 'reset' : undefined,
    throughHold: flags.throughHold,
    releaseWithdrawn: flags.releaseWithdrawn,
    ignoredRecords: ignoredRecordsOf(flags),
  };
}

/** Before the run, so that a bad path fails early. */
async function startReports(
  directory: string,
  pkg: Package,
  { tags = tagsOf(pkg), context }: { readonly tags: readonly string[] | undefined; readonly context: CommandContext },
): Promise<void> {
  const { startRunReports } = await import('../../report/report.ts');
  const { host, type, project } = pkg.registry;
  const registry = { host, type, ...(project === undefined ? {} : { project }) };
  const started = context.environment.now().toISOString();
  await startRunReports(directory, { package: pkg.name, tags, registry, started }, { signal: context.signal });
}

/** The flags that --clean does not take. */
const RUN_FLAGS = {
  service: '--service',
  tag: '--tag',
  rebuild: '--rebuild',
  rebuildOlder: '--rebuild-older',
  backwards: '--backwards',
  adopt: '--adopt',
  reset: '--reset',
  throughHold: '--through-hold',
  releaseWithdrawn: '--release-withdrawn',
  ignoreRecord: '--ignore-record',
  platform: '--platform',
  pull: '--pull',
  builder: '--builder',
  timeout: '--timeout',
  report: '--report',
  summary: '--summary',
  events: '--events',
  progress: '--progress',
} as const satisfies Partial<Record<keyof PipelineFlags, string>>;

/** @throws {ObjDockerError} USAGE when flags contradict each other or would be ignored. */
function checkCombination(flags: PipelineFlags, { output }: CommandContext): void {
  const ofRun = [
    ...(Object.keys(RUN_FLAGS) as (keyof typeof RUN_FLAGS)[]).flatMap((key) => (flags[key] ? [RUN_FLAGS[key]] : [])),
    ...(flags.cache ? [] : ['--no-cache']),
    ...(flags.scan ? [] : ['--no-scan']),
  ];
  for (const key of ['report', 'events'] as const) {
    // An unset CI variable must not mean the current folder.
    if (flags[key] === '')
      throw new ObjDockerError('USAGE', `${RUN_FLAGS[key]} has an empty value`, {
        hint: 'Give a path. A variable in the command may be unset.',
      });
  }
  const [first] = ofRun;
  if (flags.clean && first !== undefined) {
    throw new ObjDockerError('USAGE', `--clean cannot be combined with ${first}`, {
      hint: '--clean does not run the pipeline. It takes only --older-than and --dry-run.',
    });
  }
  if (!flags.clean && flags.olderThan !== undefined)
    throw new ObjDockerError('USAGE', '--older-than needs --clean', {
      hint: 'Add --clean to remove old staging tags.',
    });
  const written = (['report', 'events', 'summary'] as const).find((key) => flags[key] !== undefined);
  if (flags.dryRun && written !== undefined) {
    throw new ObjDockerError('USAGE', `--dry-run cannot be combined with ${RUN_FLAGS[written]}`, {
      hint: '--dry-run writes nothing: it prints what would be built, with --json as JSON.',
    });
  }
  if (flags.adopt && flags.reset) {
    throw new ObjDockerError('USAGE', '--adopt cannot be combined with --reset', {
      hint: '--adopt keeps what somebody has moved a tag to, until this run moves it; --reset moves it back first.',
    });
  }
  if (!flags.scan && flags.timeout !== undefined) {
    throw new ObjDockerError('USAGE', '--no-scan cannot be combined with --timeout', {
      hint: '--timeout limits the wait for the scans.',
    });
  }
  if (flags.events === '-' && output.json) {
    throw new ObjDockerError('USAGE', '--json cannot be combined with --events -: both write to stdout', {
      hint: 'Write the events to a file, or omit --json: the last event holds the same run.',
    });
  }
}
