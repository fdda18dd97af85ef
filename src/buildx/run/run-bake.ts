import { join } from 'node:path';
import { shellQuote } from '../../lib/text/shell-quote.ts';
import { isAtLeast } from '../../lib/version.ts';
import { bakeDefinition, bakeInput, bakeTargetNames } from '../bake.ts';
import { bakeArguments } from '../invocation.ts';
import type { BuildResult, BuiltImage } from '../progress/events.ts';
import { createPlainProgressReader } from '../progress/plain.ts';
import { BuildProgress, type Step } from '../progress/progress.ts';
import { createJsonProgressReader } from '../progress/rawjson.ts';
import { type BuildRun, builtPlatforms, countSteps } from './build-run.ts';
import { buildFailure } from './failure.ts';
import { identityOf, readBakeMetadata } from './metadata.ts';

/** `--progress rawjson` came with this version of buildx. */
const FIRST_WITH_RAW_JSON = '0.13';

/** Builds all images of a plan in one bake. */
export async function runBake(run: BuildRun): Promise<Pick<BuildResult, 'images' | 'steps'>> {
  const { plan, capabilities, invocation, workspace, environment, emit } = run;
  const names = bakeTargetNames(plan.images);
  const progress = new BuildProgress({ emit, redact: run.redact, targets: names });
  const format = isAtLeast(capabilities.buildx?.version ?? '', FIRST_WITH_RAW_JSON) ? 'rawjson' : 'plain';
  const read = format === 'rawjson' ? createJsonProgressReader(progress) : createPlainProgressReader(progress, nowMs);
  const metadataFile = join(workspace.folder, 'metadata.json');
  const args = bakeArguments(plan, { progress: format, metadataFile });
  const paths = { dockerfile: workspace.dockerfile, context: plan.context };
  emit({ type: 'invocation', method: 'bake', command: shellQuote(['docker', ...args]) });
  const { exitCode } = await environment.exec('docker', args, {
    env: run.env,
    cwd: plan.context,
    input: bakeInput(bakeDefinition(plan, paths, invocation.output)),
    signal: run.signal,
    // The plugin is a child of docker, which may exit before it passes a signal on.
    withDescendants: true,
    onStdout: () => {},
    onStderr: read,
  });
  if (exitCode !== 0) throw buildFailure(plan, progress, { exitCode });
  for (const { name, error } of progress.failed) {
    if (!name.instruction.startsWith('exporting cache')) continue;
    emit({
      type: 'warning',
      message: `the build cache was not written (${name.instruction}): ${error ?? 'no reason given'}`,
    });
  }

  const metadata = await readBakeMetadata(metadataFile);
  return {
    images: plan.images.map((image, index): BuiltImage => {
      const name = names[index] ?? '';
      const durationMs = durationOf(
        [...progress.steps.values()].filter(({ name: of }) => isFor(of.target, name, names)),
      );
      return {
        ...(image.target === undefined ? {} : { target: image.target }),
        ...(image.service === undefined ? {} : { service: image.service }),
        reference: image.reference,
        platforms: builtPlatforms(run),
        pushed: invocation.output.push,
        ...identityOf(metadata.get(name) ?? {}, {
          pushed: invocation.output.push,
          containerdStore: capabilities.engine?.containerdStore,
          dockerDriver:
            capabilities.builder === undefined ? plan.builder === undefined : capabilities.builder.driver === 'docker',
        }),
        ...(durationMs === undefined ? {} : { durationMs }),
      };
    }),
    steps: countSteps(progress),
  };

  function nowMs(): number {
    return environment.now().getTime();
  }
}

// The steps of a bake with one image do not name the target.
function isFor(target: string | undefined, name: string, names: readonly string[]): boolean {
  return names.length === 1 || target === name;
}

function durationOf(steps: readonly Step[]): number | undefined {
  const starts = steps.flatMap(({ startedMs }) => startedMs ?? []);
  const ends = steps.flatMap(({ completedMs }) => completedMs ?? []);
  return starts.length === 0 || ends.length === 0 ? undefined : Math.max(0, Math.max(...ends) - Math.min(...starts));
}
