import type { Package } from '../../config/package.ts';
import { ObjDockerError } from '../../errors.ts';
import type { StoredRelease } from '../../model/release.ts';
import { ObjBuild } from '../../pipeline/obj-build.ts';
import type { CommandBody, CommandContext } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { type GivenOptions, textOf } from '../framework/option-values.ts';
import { numberOfRelease } from './release-number.ts';
import { renderRelease } from './render-release.ts';
import { SHOW_FORMATS, type ShowFormat } from './show-formats.ts';

/** `objdocker releases show NUMBER`: prints a release record, or what a deployment takes of it. */
export const run: CommandBody = async (context, [text = ''], given) => {
  const { output, environment, signal } = context;
  const number = numberOfRelease(text, 'the release');
  const format = readFormat(given, output.json);
  const pkg = await context.selectPackage();
  const docker = createDocker(context);
  try {
    const release = await new ObjBuild(docker, { environment }).release(pkg, number, { signal });
    for (const line of await linesOf(release, format, { context, pkg })) output.print(line);
    output.printJson('releases-show', release);
    return ExitCode.done;
  } finally {
    docker.close();
  }
};

function readFormat(given: GivenOptions, json: boolean): ShowFormat {
  const named = textOf(given, 'format');
  if (json && named !== undefined) {
    throw new ObjDockerError('USAGE', `--json cannot be combined with --format ${named}`, {
      hint: 'Omit one of them.',
    });
  }
  return SHOW_FORMATS.find((known) => known === named) ?? 'text';
}

async function linesOf(
  release: StoredRelease,
  format: ShowFormat,
  { context, pkg }: { readonly context: CommandContext; readonly pkg: Package },
): Promise<Iterable<string>> {
  const { output, environment } = context;
  const { columns, colors } = output;
  if (format === 'text') return renderRelease(release, { columns, colors, now: environment.now() });
  const { requireRelease, unfinishedWarning } = await import('../../release/require-release.ts');
  requireRelease(release);
  const warning = unfinishedWarning(release);
  if (warning !== undefined) output.warn(warning);
  if (format === 'markdown') {
    const { releaseMarkdown } = await import('../../report/markdown/release-markdown.ts');
    return releaseMarkdown(release);
  }
  const { deployment } = await import('../../release/deployment.ts');
  return deployment(release, format, pkg.image.host);
}
