import { sanitize } from '../../lib/text/sanitize.ts';
import { ObjBuild } from '../../pipeline/obj-build.ts';
import type { CleanResult } from '../../pipeline/options.ts';
import { wrap } from '../../terminal/wrap.ts';
import { renderImages } from '../build/render-images.ts';
import type { CommandContext } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { ageOf } from '../framework/option-values.ts';
import type { Output } from '../framework/output.ts';

interface CleanOptions {
  readonly olderThan?: string | undefined;
  readonly dryRun: boolean;
}

const DEFAULT_AGE = '24h';

/** `objdocker pipeline --clean [PACKAGE]`: removes the staging tags of earlier runs. Exit code 1 when one cannot be removed. */
export async function cleanPipeline(
  context: CommandContext,
  name: string | undefined,
  { olderThan = DEFAULT_AGE, dryRun }: CleanOptions,
): Promise<ExitCode> {
  const { output, signal, environment } = context;
  const olderThanMs = ageOf(olderThan, '--older-than');
  const pkg = await context.selectPackage(name);
  const docker = createDocker(context);
  try {
    const result = await new ObjBuild(docker, { environment }).clean(pkg, { olderThanMs, dryRun, signal });
    printResult(result, { olderThan, dryRun }, output);
    output.printJson('pipeline-clean', { dryRun, ...result });
    return result.notRemoved.length === 0 ? ExitCode.done : ExitCode.no;
  } finally {
    docker.close();
  }
}

function printResult(
  { removed, notRemoved }: CleanResult,
  { olderThan, dryRun }: { readonly olderThan: string; readonly dryRun: boolean },
  output: Output,
): void {
  if (removed.length > 0)
    output.print(renderImages(removed, { heading: 'DIGEST', columns: output.columns, whole: false }));
  for (const { reference, reason } of notRemoved) output.warn(`cannot remove ${reference}: ${reason}`);
  const which = `of runs that started more than ${sanitize(olderThan)} ago`;
  output.info(wrap(summaryOf({ removed, notRemoved }, which, dryRun), output.stderrColumns));
}

function summaryOf({ removed, notRemoved }: CleanResult, which: string, dryRun: boolean): string {
  const count = removed.length;
  if (count === 0 && notRemoved.length === 0) return `no staging tags ${which}`;
  if (count === 0) return `no staging tag ${which} ${dryRun ? 'would be' : 'was'} removed`;
  const tags = `${count} staging ${count === 1 ? 'tag' : 'tags'} ${which}`;
  if (dryRun) return `${tags} would be removed`;
  return `${tags} ${count === 1 ? 'was' : 'were'} removed; the images were kept`;
}
