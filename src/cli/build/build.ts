import * as z from 'zod';
import type { BuildPackageOptions } from '../../build/build-package.ts';
import { formatDuration } from '../../lib/text/duration.ts';
import type { CommandBody, CommandContext } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { renderBuild } from './render-build.ts';
import { renderImages } from './render-images.ts';
import { renderPlan } from './render-plan.ts';

const Options = z.object({
  service: z.array(z.string()).optional(),
  tag: z.string().optional(),
  platform: z.string().optional(),
  cache: z.boolean().default(true),
  pull: z.boolean().default(false),
  builder: z.string().optional(),
  progress: z.enum(['auto', 'tty', 'plain', 'quiet']).default('auto'),
  dryRun: z.boolean().default(false),
});

/** `objdocker build [PACKAGE]` */
export const run: CommandBody = async (context, [name], given) => {
  const options = Options.parse(given);
  const pkg = await context.selectPackage(name);
  const docker = createDocker(context);
  const wanted: BuildPackageOptions = {
    services: options.service,
    tag: options.tag,
    platforms: options.platform?.split(','),
    noCache: !options.cache,
    pull: options.pull,
    builder: options.builder,
    signal: context.signal,
  };
  try {
    if (options.dryRun) return await showPlan(context, await docker.describeBuild(pkg, wanted));
    const build = docker.build(pkg, wanted);
    await renderBuild(build, context, options.progress);
    return finish(context, await build.result);
  } finally {
    docker.close();
  }
};

async function showPlan({ output }: CommandContext, plan: Parameters<typeof renderPlan>[0]): Promise<ExitCode> {
  output.print(renderPlan(plan, output));
  output.printJson('build-plan', plan);
  return ExitCode.done;
}

type Result = Awaited<ReturnType<ReturnType<typeof createDocker>['build']>['result']>;

function finish({ output }: CommandContext, result: Result): ExitCode {
  const { images, steps, durationMs, warnings, method } = result;
  for (const warning of warnings) output.warn(warning);
  const listed = images.map(({ reference, digest, imageId }) => ({ reference, digest: digest ?? imageId ?? '' }));
  const heading = images.every(({ digest }) => digest !== undefined) ? 'DIGEST' : 'ID';
  output.print(renderImages(listed, { heading, columns: output.columns, whole: false }));
  const pushed = images.some((image) => image.pushed);
  const what = `${images.length} ${images.length === 1 ? 'image' : 'images'}`;
  const cached = steps.total === 0 ? '' : `, ${steps.cached} of ${steps.total} steps from the cache`;
  output.info(`built ${what} in ${formatDuration(durationMs)}${cached}`);
  if (pushed) output.warn('the images were pushed without a scan and without a gate: use the pipeline for a release');
  output.printJson('build', { images, steps, method, durationMs, warnings });
  return ExitCode.done;
}
