import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shellQuote } from '../../lib/text/shell-quote.ts';
import { dockerBuildArguments } from '../arguments.ts';
import type { PlannedImage } from '../plan.ts';
import type { BuildResult, BuiltImage } from '../progress/events.ts';
import { createLegacyProgressReader } from '../progress/legacy-builder.ts';
import { createPlainProgressReader } from '../progress/plain.ts';
import { BuildProgress } from '../progress/progress.ts';
import { type BuildRun, builtPlatforms, countSteps } from './build-run.ts';
import { buildFailure } from './failure.ts';
import { createLegacyContext } from './legacy-context.ts';

/** Builds the images of a plan one after the other. Shared stages come from the cache after the first image. */
export async function runDockerBuilds(run: BuildRun): Promise<Pick<BuildResult, 'images' | 'steps'>> {
  const images: BuiltImage[] = [];
  const steps = { total: 0, cached: 0 };
  const context =
    run.invocation.method === 'legacy' ? await createLegacyContext(run.plan, run.workspace) : run.plan.context;
  for (const image of run.plan.images) {
    const built = await buildOne(run, image, context);
    images.push(built.image);
    steps.total += built.steps.total;
    steps.cached += built.steps.cached;
  }
  return { images, steps };
}

async function buildOne(
  run: BuildRun,
  image: PlannedImage,
  context: string,
): Promise<{ image: BuiltImage; steps: BuildResult['steps'] }> {
  const { plan, invocation, workspace, environment, emit } = run;
  const isLegacy = invocation.method === 'legacy';
  const startedMs = nowMs();
  const progress = new BuildProgress({ emit: emitWithTarget, redact: run.redact, targets: [] });
  const legacy = createLegacyProgressReader(progress, nowMs);
  const plain = createPlainProgressReader(progress, nowMs);
  const iidFile = join(workspace.folder, 'image-id');
  const args = dockerBuildArguments(
    plan,
    image,
    { dockerfile: workspace.dockerfile, context, iidFile },
    isLegacy ? ['--force-rm'] : ['--progress', 'plain'],
  );
  emit({ type: 'invocation', method: invocation.method, command: shellQuote(['docker', ...args]) });
  const { exitCode } = await environment.exec('docker', args, {
    env: run.env,
    cwd: plan.context,
    signal: run.signal,
    // The plugin is a child of docker, which may exit before it passes a signal on.
    withDescendants: true,
    onStdout: isLegacy ? legacy.stdout : () => {},
    onStderr: isLegacy ? legacy.stderr : plain,
  });
  if (isLegacy) legacy.end(exitCode === 0 ? undefined : progress.textLines.at(-1));
  if (exitCode !== 0) throw buildFailure(plan, progress, { exitCode });
  return {
    image: {
      ...(image.target === undefined ? {} : { target: image.target }),
      ...(image.service === undefined ? {} : { service: image.service }),
      reference: image.reference,
      platforms: builtPlatforms(run),
      pushed: false,
      imageId: (await readFile(iidFile, 'utf8')).trim(),
      durationMs: nowMs() - startedMs,
    },
    steps: countSteps(progress),
  };

  function emitWithTarget(event: Parameters<typeof emit>[0]): void {
    const target = image.service ?? image.target;
    emit(event.type === 'step' && target !== undefined ? { ...event, target } : event);
  }

  function nowMs(): number {
    return environment.now().getTime();
  }
}
