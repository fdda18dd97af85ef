import type { Package } from '../../config/package.ts';
import { ObjDockerError } from '../../errors.ts';
import type { FindingSeverity } from '../../model/enums.ts';
import type { ScanReport } from '../../model/scan-report.ts';
import type { CommandBody, CommandContext } from '../framework/command.ts';
import { type GivenOptions, isOn, textOf, textsOf, waitTimeOf } from '../framework/option-values.ts';
import { openHarbor } from './open-harbor.ts';
import { renderScanProgress } from './render-scan-progress.ts';
import { scanExitCode } from './scan-exit-code.ts';
import { filterReport, parseSeverities, parseThreshold, type ScanFilter } from './scan-filter.ts';
import { SCAN_FORMATS, type ScanFormat } from './scan-formats.ts';
import { writeScanReport } from './write-scan-report.ts';

interface ScanOptions {
  readonly filter: ScanFilter;
  readonly threshold: FindingSeverity | undefined;
  readonly format: ScanFormat;
  readonly file: string | undefined;
  readonly wait: boolean;
  readonly timeoutMs: number | undefined;
}

/** `objdocker harbor-scan REPO`: shows the findings of Harbor's scanner. Without a scan result it never exits with 0. */
export const run: CommandBody = async (context, [repo = ''], given) => {
  const { output } = context;
  const options = readOptions(given, output.json);
  const pkg = await context.selectPackage();
  const report = await readReport({ context, pkg, repo }, options);
  const shown = describeFilter(options.filter);
  await writeScanReport(filterReport(report, options.filter), { ...options, shown }, { context, pkg });
  return scanExitCode(report, options, output);
};

async function readReport(
  { context, pkg, repo }: { readonly context: CommandContext; readonly pkg: Package; readonly repo: string },
  { wait, timeoutMs }: ScanOptions,
): Promise<ScanReport> {
  const { signal } = context;
  await using harbor = openHarbor(context, pkg);
  if (!wait) return await harbor.scanResults(repo, undefined, { signal });
  const scan = harbor.scan(repo, undefined, { trigger: 'never', timeoutMs, signal });
  await renderScanProgress(scan, context.output);
  return await scan.result;
}

function readOptions(given: GivenOptions, json: boolean): ScanOptions {
  const severities = textsOf(given, 'severity');
  const failOn = textOf(given, 'failOn');
  const format = textOf(given, 'format');
  const output = textOf(given, 'output');
  const file = output === '-' ? undefined : output;
  const chosen = SCAN_FORMATS.find((known) => known === format) ?? (json ? 'json' : 'table');
  if (json && chosen !== 'json' && file === undefined)
    throw new ObjDockerError('USAGE', `--json cannot be combined with --format ${chosen}`, {
      hint: 'Omit one of them, or write the other format to a file with --output.',
    });
  const wait = isOn(given, 'wait');
  return {
    filter: {
      severities: severities === undefined ? undefined : parseSeverities(severities.join(',')),
      fixedOnly: isOn(given, 'fixedOnly'),
    },
    threshold: failOn === undefined ? undefined : parseThreshold(failOn),
    format: chosen,
    file,
    wait,
    timeoutMs: waitTimeOf(given, { waits: wait }),
  };
}

function describeFilter({ severities, fixedOnly }: ScanFilter): string | undefined {
  const parts = [...(severities === undefined ? [] : [severities.join(', ')]), ...(fixedOnly ? ['with a fix'] : [])];
  return parts.length === 0 ? undefined : `only ${parts.join(', ')}`;
}
