import { resolve } from 'node:path';
import { createColors } from 'picocolors';
import type { Package } from '../../config/package.ts';
import { ObjDockerError } from '../../errors.ts';
import { joinPieces, writeAtomically } from '../../lib/files/files.ts';
import type { ReleaseDiff } from '../../model/release-diff.ts';
import { ObjBuild } from '../../pipeline/obj-build.ts';
import type { DiffOptions } from '../../pipeline/options.ts';
import { unknownServices } from '../../report/diff-words.ts';
import type { CommandBody, CommandContext } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { type GivenOptions, textOf, waitTimeOf } from '../framework/option-values.ts';
import { follow } from '../releases/follow.ts';
import { numberOfRelease } from '../releases/release-number.ts';
import { DIFF_FORMATS, type DiffFormat } from './diff-formats.ts';
import { renderDiff } from './render-diff.ts';

interface DiffTarget {
  readonly format: DiffFormat;
  /** Write to this file instead of stdout. */
  readonly file: string | undefined;
}

/** `objdocker diff [A] [B]`: what differs between two releases. Exit code 3 when the findings of an image are not known. */
export const run: CommandBody = async (context, [a, b], given) => {
  const { output, environment, signal } = context;
  const target = readTarget(given, output.json);
  const rescan = rescanOf(textOf(given, 'rescan'));
  const options: DiffOptions = {
    from: a === undefined ? undefined : numberOfRelease(a, 'the earlier release'),
    to: b === undefined ? undefined : numberOfRelease(b, 'the later release'),
    tag: textOf(given, 'tag'),
    rescan,
    timeoutMs: waitTimeOf(given, { waits: rescan !== undefined, option: '--rescan' }),
    signal,
  };
  const pkg = await context.selectPackage();
  const docker = createDocker(context);
  try {
    const diff = await follow(new ObjBuild(docker, { environment }).diff(pkg, options), output);
    for (const warning of diff.warnings) output.warn(warning);
    await write(diff, target, { context, pkg });
    return diff.scanned && unknownServices(diff).length > 0 ? ExitCode.outside : ExitCode.done;
  } finally {
    docker.close();
  }
};

function rescanOf(mode: string | undefined): DiffOptions['rescan'] {
  return mode === 'all' || mode === 'force' ? mode : undefined;
}

function readTarget(given: GivenOptions, json: boolean): DiffTarget {
  const [named, output] = [textOf(given, 'format'), textOf(given, 'output')];
  const format = DIFF_FORMATS.find((known) => known === named) ?? 'text';
  const file = output === '-' ? undefined : output;
  if (file === '') {
    throw new ObjDockerError('USAGE', '--output has an empty value', {
      hint: 'Give a path. A variable in the command may be unset.',
    });
  }
  if (json && named !== undefined && file === undefined) {
    throw new ObjDockerError('USAGE', `--json cannot be combined with --format ${named}`, {
      hint: 'Omit one of them, or write the other format to a file with --output.',
    });
  }
  return { format, file };
}

/** Writes the comparison to its file or to stdout. With a file, `--json` still prints it on stdout. */
async function write(
  diff: ReleaseDiff,
  { format, file }: DiffTarget,
  { context, pkg }: { readonly context: CommandContext; readonly pkg: Package },
): Promise<void> {
  const { output, environment, signal } = context;
  if (file !== undefined) {
    const pieces = await piecesOf(diff, { format, file }, { context, pkg });
    await writeAtomically(resolve(environment.cwd, file), pieces, { signal });
    output.info(`wrote ${file}`);
  }
  if (output.json) output.printJson('diff', diff);
  else if (file === undefined) {
    const pieces = await piecesOf(diff, { format, file }, { context, pkg });
    for (const piece of joinPieces(pieces)) await output.send('stdout', piece, signal);
  }
}

async function piecesOf(
  diff: ReleaseDiff,
  { format, file }: DiffTarget,
  { context: { output, environment }, pkg }: { readonly context: CommandContext; readonly pkg: Package },
): Promise<Iterable<string>> {
  switch (format) {
    case 'text': {
      const colors = file === undefined ? output.colors : createColors(false);
      const columns = file === undefined ? output.columns : undefined;
      return withLineBreaks(renderDiff(diff, { columns, colors, now: environment.now() }));
    }
    case 'markdown': {
      const { diffMarkdown } = await import('../../report/markdown/diff-markdown.ts');
      return withLineBreaks(diffMarkdown(diff));
    }
    case 'html': {
      const { diffPage } = await import('../../report/html/diff/diff-page.ts');
      return diffPage(diff, { generated: environment.now(), harborUrl: pkg.registry.url });
    }
  }
}

function* withLineBreaks(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield `${line}\n`;
}
