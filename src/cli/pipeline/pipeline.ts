import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as z from 'zod';
import type { Package } from '../../config/package.ts';
import { ObjDockerError } from '../../errors.ts';
import { ObjBuild, type PipelineOptions } from '../../pipeline/obj-build.ts';
import type { CommandBody, CommandContext } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { timeSpanOf } from '../framework/duration.ts';
import type { ExitCode } from '../framework/exit-codes.ts';
import { openEvents, recorded } from './events-file.ts';
import { followPipeline } from './live/render-pipeline.ts';
import { finishPipeline } from './pipeline-result.ts';
import { registriesOf } from './registries-of.ts';

const Options = z.object({
  service: z.array(z.string()).optional(),
  tag: z.string().optional(),
  platform: z.string().optional(),
  cache: z.boolean().default(true),
  pull: z.boolean().default(false),
  builder: z.string().optional(),
  scan: z.boolean().default(true),
  timeout: z.string().optional(),
  report: z.string().optional(),
  events: z.string().optional(),
  progress: z.enum(['auto', 'tty', 'plain', 'quiet']).optional(),
  clean: z.boolean().default(false),
  olderThan: z.string().optional(),
  dryRun: z.boolean().default(false),
});

type Flags = z.infer<typeof Options>;

/** `objdocker pipeline [PACKAGE]`: builds, pushes, has scanned, judges and releases; with `--clean` takes off what runs have left. */
export const run: CommandBody = async (context, [name], given) => {
  const flags = Options.parse(given);
  refuseTogether(flags, context);
  const timeoutMs = timeSpanOf(given, 'timeout');
  if (flags.clean) {
    const { cleanPipeline } = await import('./pipeline-clean.ts');
    return cleanPipeline(context, name, flags);
  }
  return release(context, await context.selectPackage(name), { ...flags, timeoutMs });
};

async function release(
  context: CommandContext,
  pkg: Package,
  flags: Flags & { readonly timeoutMs: number | undefined },
): Promise<ExitCode> {
  const { environment, signal, output } = context;
  const options: PipelineOptions = {
    services: flags.service,
    tag: flags.tag,
    platforms: flags.platform?.split(','),
    noCache: !flags.cache,
    pull: flags.pull,
    builder: flags.builder,
    scan: flags.scan,
    timeoutMs: flags.timeoutMs,
    registriesOf: registriesOf(pkg, await context.loadConfig()),
    signal,
  };
  const directory = flags.report === undefined ? undefined : await makeFolder(flags.report, context);
  await using events = flags.events === undefined ? undefined : await openEvents(flags.events, context);
  const docker = createDocker(context);
  try {
    const pipeline = new ObjBuild(docker, { environment }).run(pkg, options);
    const watched = events === undefined ? pipeline : recorded(pipeline, events);
    // Events on the terminal, and a tree that is drawn over, would be in each other's way.
    const interactive = context.interactive && !(events?.onStdout && output.isTerminal('stdout'));
    const followed = await followPipeline(watched, { output, interactive }, flags.progress ?? 'auto');
    return await finishPipeline(context, pkg, { ...followed, directory, events });
  } finally {
    docker.close();
  }
}

/** Made before anything runs: that it cannot be is better known now. */
async function makeFolder(name: string, { environment }: CommandContext): Promise<string> {
  const directory = resolve(environment.cwd, name);
  await mkdir(directory, { recursive: true }).catch((cause) => {
    throw new ObjDockerError(
      'OUTPUT_FAILED',
      `cannot make the folder ${name} for the reports: ${cause.code ?? cause}`,
      {
        hint: 'Name a folder that is there, or one whose parent you may write to.',
        cause,
      },
    );
  });
  return directory;
}

/** Flags of a run, as they are typed. */
const RUN_FLAGS = {
  service: '--service',
  tag: '--tag',
  platform: '--platform',
  pull: '--pull',
  builder: '--builder',
  timeout: '--timeout',
  report: '--report',
  events: '--events',
  progress: '--progress',
} as const satisfies Partial<Record<keyof Flags, string>>;

/** @throws {ObjDockerError} USAGE for flags of which one would take no notice of the other. */
function refuseTogether(flags: Flags, { output }: CommandContext): void {
  const ofRun = [
    ...(Object.keys(RUN_FLAGS) as (keyof typeof RUN_FLAGS)[]).flatMap((key) => (flags[key] ? [RUN_FLAGS[key]] : [])),
    ...(flags.cache ? [] : ['--no-cache']),
    ...(flags.scan ? [] : ['--no-scan']),
  ];
  for (const key of ['report', 'events'] as const) {
    // A variable of CI that is empty must not come to mean the working folder.
    if (flags[key] === '')
      throw new ObjDockerError('USAGE', `${RUN_FLAGS[key]} names nothing`, {
        hint: 'Its value is empty: name a path.',
      });
  }
  const [first] = ofRun;
  if (flags.clean && first !== undefined) {
    throw new ObjDockerError('USAGE', `--clean and ${first} exclude each other`, {
      hint: '--clean runs nothing: it takes --older-than and --dry-run.',
    });
  }
  if (!flags.clean && flags.olderThan !== undefined)
    throw new ObjDockerError('USAGE', '--older-than is for --clean', { hint: 'Give both, or neither.' });
  if (!flags.clean && flags.dryRun) {
    throw new ObjDockerError('USAGE', '--dry-run is for --clean', {
      hint: 'What would be built is said by `objdocker build --dry-run`, and what is in the way of it by `objdocker preflight`.',
    });
  }
  if (!flags.scan && flags.timeout !== undefined) {
    throw new ObjDockerError('USAGE', '--no-scan and --timeout exclude each other', {
      hint: '--timeout is how long to wait for the scans.',
    });
  }
  if (flags.events === '-' && output.json) {
    throw new ObjDockerError('USAGE', '--json and --events - exclude each other: both are for stdout', {
      hint: 'Have the events written to a file; or leave --json away: the last event holds the same document.',
    });
  }
}
