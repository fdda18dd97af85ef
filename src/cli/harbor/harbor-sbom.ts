import { resolve } from 'node:path';
import { createColors } from 'picocolors';
import { ObjDockerError } from '../../errors.ts';
import { writeAtomically } from '../../lib/files/files.ts';
import { toJson } from '../../lib/json.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { count, shortDigest } from '../../lib/text/words.ts';
import type { SbomImage, SbomPackage, SbomReport } from '../../model/sbom.ts';
import { fittingTable, type TableColumn } from '../../terminal/fitting-table.ts';
import type { CommandBody } from '../framework/command.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { type GivenOptions, isOn, textOf, waitTimeOf } from '../framework/option-values.ts';
import type { RenderListOptions } from './columns.ts';
import { openHarbor } from './open-harbor.ts';
import { SBOM_FORMATS, type SbomFormat } from './scan-formats.ts';

/** `objdocker harbor-sbom REPO`: shows the SBOM of an image. */
export const run: CommandBody = async (context, [repo = ''], given) => {
  const { output, environment, signal } = context;
  const trigger = isOn(given, 'trigger');
  const timeoutMs = waitTimeOf(given, { waits: trigger, option: '--trigger' });
  const platform = textOf(given, 'platform');
  const { format, file } = readTarget(given, output.json);
  const pkg = await context.selectPackage();
  await using harbor = openHarbor(context, pkg);
  if (trigger) output.info('Harbor generates the SBOM');
  const report = await harbor.sbom(repo, undefined, { platform, trigger, timeoutMs, signal });
  const text = format === 'spdx' ? `${toJson(onlyDocument(report), 2)}\n` : undefined;
  if (file !== undefined) {
    const options = { columns: undefined, colors: createColors(false), now: environment.now() };
    await writeAtomically(resolve(environment.cwd, file), text ?? withLineBreaks(renderSbom(report, options)), {
      signal,
    });
    if (!output.json) output.info(`wrote ${file}`);
  } else if (text !== undefined) await output.send('stdout', text, signal);
  else {
    const options = { columns: output.columns, colors: output.colors, now: environment.now() };
    output.print([...renderSbom(report, options)].join('\n'));
  }
  const images = report.images.map(({ document: _, ...image }) => image);
  output.printJson('harbor-sbom', { ...report, images });
  return ExitCode.done;
};

function readTarget(
  given: GivenOptions,
  json: boolean,
): { readonly format: SbomFormat; readonly file: string | undefined } {
  const name = textOf(given, 'format');
  const format = SBOM_FORMATS.find((known) => known === name) ?? 'table';
  const output = textOf(given, 'output');
  const file = output === '-' ? undefined : output;
  if (json && format === 'spdx' && file === undefined)
    throw new ObjDockerError('USAGE', '--json cannot be combined with --format spdx', {
      hint: 'Omit one of them, or write the SPDX document to a file with --output.',
    });
  return { format, file };
}

/** An SPDX document describes one image. */
function onlyDocument({ repository, images }: SbomReport): SbomImage['document'] {
  const [first, ...others] = images;
  if (first !== undefined && others.length === 0) return first.document;
  const platforms = images.map(({ platform }) => platform);
  throw new ObjDockerError('USAGE', `${repository} has an SBOM for each of ${platforms.join(', ')}`, {
    hint: `Choose one: --platform ${platforms[0]}`,
    details: { platforms },
  });
}

/** The packages of each image. */
function* renderSbom({ repository, tags, digest, images }: SbomReport, options: RenderListOptions): Generator<string> {
  const { colors, columns } = options;
  const names = tags.length === 0 ? '' : `:${tags.join(', :')}`;
  const shownDigest = columns === undefined ? digest : shortDigest(digest);
  yield `${colors.bold(sanitizeLine(`${repository}${names}`))}  ${colors.dim(sanitizeLine(shownDigest))}`;
  for (const { platform, packages } of images) {
    const found = packages.length === 0 ? 'the scanner found no packages' : count(packages.length, 'package');
    yield `${colors.bold(sanitizeLine(platform))}: ${found}`;
    if (packages.length > 0) yield* fittingTable(packages, COLUMNS, { width: columns, colors });
  }
}

const COLUMNS: readonly TableColumn<SbomPackage>[] = [
  { head: 'PACKAGE', cell: ({ name }) => name, minWidth: 12 },
  { head: 'VERSION', cell: ({ version = '-' }) => version, minWidth: 10 },
  { head: 'TYPE', cell: ({ type = '-' }) => type, dropOrder: 2 },
  { head: 'LICENSE', cell: ({ license = '-' }) => license, minWidth: 12, dropOrder: 1 },
];

function* withLineBreaks(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield `${line}\n`;
}
