import { resolve } from 'node:path';
import { createColors } from 'picocolors';
import type { Package } from '../../config/package.ts';
import { joinPieces, writeAtomically } from '../../lib/files/files.ts';
import { toJson } from '../../lib/json.ts';
import type { ScanReport } from '../../model/scan-report.ts';
import { dockerfileLocation } from '../framework/ci/dockerfile-location.ts';
import type { CommandContext } from '../framework/command.ts';
import { renderScanReport } from './render-scan-report.ts';
import type { ScanFormat } from './scan-formats.ts';

export interface ScanReportTarget {
  readonly format: ScanFormat;
  /** Write to this file instead of stdout. */
  readonly file: string | undefined;
  /** Which findings are shown, for the title; undefined for all. */
  readonly shown: string | undefined;
}

/** Writes a report in its format to its file or to stdout. With a file, `--json` still prints the report on stdout. */
export async function writeScanReport(
  report: ScanReport,
  { format, file, shown }: ScanReportTarget,
  { context, pkg }: { readonly context: CommandContext; readonly pkg: Package },
): Promise<void> {
  const { output, environment, signal } = context;
  const lines = (columns: number | undefined): Iterable<string> => {
    const colors = file === undefined ? output.colors : createColors(false);
    return withLineBreaks(renderScanReport(report, { columns, colors, now: environment.now() }));
  };
  const pieces = async (): Promise<Iterable<string>> => {
    if (format === 'table') return lines(file === undefined ? output.columns : undefined);
    if (format === 'json') return renderJson(report);
    const { htmlReport, sarif, sarifOmission } = await import('../../report/report.ts');
    if (format === 'sarif') {
      const omission = sarifOmission([report]);
      if (omission !== undefined) output.warn(`SARIF: ${omission}; --severity chooses others`);
      return sarif([report], { version: context.version, ...(await dockerfileLocation(pkg)) });
    }
    const title = `${report.repository}${report.tags[0] === undefined ? '' : `:${report.tags[0]}`}`;
    return htmlReport([report], {
      title: shown === undefined ? title : `${title} (${shown})`,
      generated: environment.now(),
      harborUrl: pkg.registry.url,
    });
  };
  if (file !== undefined) await writeAtomically(resolve(environment.cwd, file), await pieces(), { signal });
  if (file !== undefined && !output.json) return output.info(`wrote ${file}`);
  for (const piece of joinPieces(output.json ? renderJson(report) : await pieces()))
    await output.send('stdout', piece, signal);
}

/** The report as JSON, one finding at a time: the whole text can be hundreds of megabytes. */
function* renderJson({ images, ...report }: ScanReport): Generator<string> {
  yield `${toJson(report).slice(0, -1)},"images":[`;
  for (const [at, { findings, ...image }] of images.entries()) {
    yield `${at === 0 ? '' : ','}\n${toJson(image).slice(0, -1)},"findings":[`;
    for (const [index, finding] of findings.entries()) yield `${index === 0 ? '' : ','}\n${toJson(finding)}`;
    yield ']}';
  }
  yield ']}\n';
}

function* withLineBreaks(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield `${line}\n`;
}
