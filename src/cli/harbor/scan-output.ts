import { relative, resolve, sep } from 'node:path';
import { createColors } from 'picocolors';
import type { Package } from '../../config/package.ts';
import { gathered, writeAtomically } from '../../lib/files.ts';
import type { ScanReport } from '../../model/scan-report.ts';
import type { CommandContext } from '../framework/command.ts';
import { renderScanReport } from './render-scan-report.ts';
import type { ScanFormat } from './scan-formats.ts';

export interface ScanOutput {
  readonly format: ScanFormat;
  /** A file instead of stdout. */
  readonly file: string | undefined;
  /** What is left out of the report, for its title. */
  readonly shown: string | undefined;
}

/** Hands out a report in the form that was asked for. With a file, `--json` still prints the report on stdout. */
export async function putScanReport(
  report: ScanReport,
  { format, file, shown }: ScanOutput,
  { context, pkg }: { readonly context: CommandContext; readonly pkg: Package },
): Promise<void> {
  const { output, environment, signal } = context;
  const lines = (columns: number | undefined): Iterable<string> => {
    const colors = file === undefined ? output.colors : createColors(false);
    return withBreaks(renderScanReport(report, { columns, colors, now: environment.now() }));
  };
  const pieces = async (): Promise<Iterable<string>> => {
    if (format === 'table') return lines(file === undefined ? output.columns : undefined);
    if (format === 'json') return jsonOf(report);
    const { htmlReport, sarif } = await import('../../report/report.ts');
    if (format === 'sarif') return sarif([report], { version: context.version, ...locationOf(pkg) });
    const title = `${report.repository}${report.tags[0] === undefined ? '' : `:${report.tags[0]}`}`;
    return htmlReport([report], {
      title: shown === undefined ? title : `${title} (${shown})`,
      generated: environment.now(),
      harborUrl: pkg.registry.url,
    });
  };
  if (file !== undefined) await writeAtomically(resolve(environment.cwd, file), await pieces(), { signal });
  if (file !== undefined && !output.json) return output.info(`written to ${file}`);
  for (const piece of gathered(output.json ? jsonOf(report) : await pieces()))
    await output.send('stdout', piece, signal);
}

/** The report as JSON, a finding at a time: all of them together would be a text of hundreds of megabytes. */
function* jsonOf({ images, ...report }: ScanReport): Generator<string> {
  yield `${JSON.stringify(report).slice(0, -1)},"images":[`;
  for (const [at, { findings, ...image }] of images.entries()) {
    yield `${at === 0 ? '' : ','}\n${JSON.stringify(image).slice(0, -1)},"findings":[`;
    for (const [index, finding] of findings.entries()) yield `${index === 0 ? '' : ','}\n${JSON.stringify(finding)}`;
    yield ']}';
  }
  yield ']}\n';
}

function* withBreaks(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield `${line}\n`;
}

/** The Dockerfile, to which a code host attaches the findings. */
export function locationOf({ directory, image }: Package): { readonly location?: string } {
  const path = relative(directory, image.dockerfile);
  return path.startsWith('..') ? {} : { location: path.split(sep).join('/') };
}
