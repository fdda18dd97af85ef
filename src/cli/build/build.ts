import * as z from 'zod';
import type { BuildPackageResult } from '../../build/build-package.ts';
import type { PlanDescription } from '../../buildx/plan-description.ts';
import { ObjDockerError } from '../../errors.ts';
import { formatDuration } from '../../lib/text/duration.ts';
import { count } from '../../lib/text/words.ts';
import type { CommandBody, CommandContext } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { BUILD_FLAGS, buildOptionsOf } from './build-flags.ts';
import { renderBuild } from './render-build.ts';
import { renderImages } from './render-images.ts';
import { renderPlan } from './render-plan.ts';

const Options = z.object({
  ...BUILD_FLAGS,
  progress: z.enum(['auto', 'tty', 'plain', 'quiet']).default('auto'),
  dryRun: z.boolean().default(false),
  check: z.boolean().default(false),
});

/** `objdocker build [PACKAGE]`: builds the package's images; with `--dry-run` only shows the build plan. */
export const run: CommandBody = async (context, [name], given) => {
  const options = Options.parse(given);
  if (options.check && !options.dryRun)
    throw new ObjDockerError('USAGE', '--check needs --dry-run', {
      hint: 'A build shows the warnings of BuildKit itself. `objdocker build --dry-run --check` shows them without a build.',
    });
  const pkg = await context.selectPackage(name);
  const docker = createDocker(context);
  const buildOptions = { ...buildOptionsOf(options), signal: context.signal };
  try {
    if (options.dryRun)
      return showPlan(context, await docker.describeBuild(pkg, { ...buildOptions, checks: options.check }));
    const build = docker.build(pkg, buildOptions);
    await renderBuild(build, context, options.progress);
    return showResult(context, await build.result);
  } finally {
    docker.close();
  }
};

function showPlan({ output }: CommandContext, plan: PlanDescription): ExitCode {
  output.print(renderPlan(plan, output));
  output.printJson('build-plan', plan);
  return ExitCode.done;
}

function showResult({ output }: CommandContext, result: BuildPackageResult): ExitCode {
  const { images, steps, durationMs, warnings, method } = result;
  const listed = images.map(({ reference, digest, imageId }) => ({ reference, digest: digest ?? imageId ?? '' }));
  const heading = images.every(({ digest }) => digest !== undefined) ? 'DIGEST' : 'ID';
  output.print(renderImages(listed, { heading, columns: output.columns, whole: false }));
  const cached = steps.total === 0 ? '' : `, ${steps.cached} of ${steps.total} steps from the cache`;
  output.info(`built ${count(images.length, 'image')} in ${formatDuration(durationMs)}${cached}`);
  if (images.some(({ pushed }) => pushed))
    output.warn('the images were pushed without a scan and a policy check: use `objdocker pipeline` for a release');
  output.printJson('build', { images, steps, method, durationMs, warnings });
  return ExitCode.done;
}
