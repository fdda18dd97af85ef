import type { Package } from '../../config/package.ts';
import { ObjDockerError } from '../../errors.ts';
import type { FindingSeverity, ScanReport } from '../../model/scan-report.ts';
import type { ScanWaitOptions } from '../../obj-docker/harbor/scans.ts';
import type { CommandBody, CommandContext } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { waitTimeOf } from '../framework/duration.ts';
import { type GivenOptions, isOn, textOf } from '../framework/option-values.ts';
import { harborOptions } from './harbor.ts';
import { renderScanProgress } from './render-scan-progress.ts';
import { filterReport, readSeverities, readThreshold, type ScanFilter } from './scan-filter.ts';
import { SCAN_FORMATS, type ScanFormat } from './scan-formats.ts';
import { putScanReport } from './scan-output.ts';
import { judgeScan } from './scan-verdict.ts';

interface ScanFlags {
  readonly filter: ScanFilter;
  readonly threshold: FindingSeverity | undefined;
  readonly format: ScanFormat;
  readonly file: string | undefined;
  readonly wait: boolean;
  readonly timeoutMs: number | undefined;
}

/** `objdocker harbor-scan REPO`: what Harbor's scanner found. Its exit code tells that nothing is known from that nothing is there. */
export const run: CommandBody = async (context, [repo = ''], given) => {
  const { output } = context;
  const flags = readFlags(given, output.json);
  const pkg = await context.selectPackage();
  const report = await readReport({ context, pkg, repo }, flags);
  const shown = describeFilter(flags.filter);
  await putScanReport(filterReport(report, flags.filter), { ...flags, shown }, { context, pkg });
  return judgeScan(report, flags, output);
};

async function readReport(
  { context, pkg, repo }: { readonly context: CommandContext; readonly pkg: Package; readonly repo: string },
  { wait, timeoutMs }: ScanFlags,
): Promise<ScanReport> {
  const docker = createDocker(context);
  const options = harborOptions(context);
  if (!wait) return docker.harborScanResults(pkg, repo, undefined, options);
  const never: ScanWaitOptions = { ...options, trigger: 'never', timeoutMs };
  const scan = docker.harborScan(pkg, repo, undefined, never);
  await renderScanProgress(scan, context.output);
  return scan.result;
}

function readFlags(given: GivenOptions, json: boolean): ScanFlags {
  const severity = textOf(given, 'severity');
  const failOn = textOf(given, 'failOn');
  const format = textOf(given, 'format');
  const file = textOf(given, 'output');
  const chosen = SCAN_FORMATS.find((known) => known === format) ?? (json ? 'json' : 'table');
  if (json && chosen !== 'json' && file === undefined)
    throw new ObjDockerError('USAGE', `--json and --format ${chosen} exclude each other`, {
      hint: 'Leave one of them away, or have the other form written to a file with --output.',
    });
  const wait = isOn(given, 'wait');
  return {
    filter: {
      severities: severity === undefined ? undefined : readSeverities(severity),
      fixedOnly: isOn(given, 'fixedOnly'),
    },
    threshold: failOn === undefined ? undefined : readThreshold(failOn),
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
