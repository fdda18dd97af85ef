import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { formatCounts, paintCounts, stateColor } from '../../terminal/severity.ts';
import type { CommandBody } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { waitTimeOf } from '../framework/duration.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { isOn } from '../framework/option-values.ts';
import { harborOptions } from './harbor-options.ts';
import { renderScanProgress } from './render-scan-progress.ts';
import { scanExitCode } from './scan-exit-code.ts';

/** `objdocker harbor-trigger-scan REPO`: starts a scan; with `--wait` also shows its result. */
export const run: CommandBody = async (context, [repo = ''], given) => {
  const { output } = context;
  const wait = isOn(given, 'wait');
  const timeoutMs = waitTimeOf(given, { waits: wait });
  const pkg = await context.selectPackage();
  const docker = createDocker(context);
  const options = harborOptions(context);
  if (!wait) {
    const scan = await docker.harborTriggerScan(pkg, repo, undefined, options);
    const name = sanitizeLine(`${scan.repository}${scan.reference.includes(':') ? '@' : ':'}${scan.reference}`);
    output.print(`${name}: ${scan.started ? 'scan started' : 'a scan is already queued or running'}`);
    output.printJson('harbor-trigger-scan', scan);
    return ExitCode.done;
  }
  const scan = docker.harborScan(pkg, repo, undefined, { ...options, timeoutMs });
  const started = await renderScanProgress(scan, output);
  const report = await scan.result;
  const { repository, digest } = report;
  for (const { platform, state, counts, reason } of report.images) {
    const detail = [paintCounts(formatCounts(counts), output.colors), reason].filter(Boolean).join(' ');
    output.print(`${sanitizeLine(platform)}: ${stateColor(state, output.colors)(state)} ${detail}`.trimEnd());
  }
  output.printJson('harbor-trigger-scan', { repository, reference: digest, started, report });
  return scanExitCode(report, {}, output);
};
