import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { formatCounts, paintCounts, paintState } from '../../terminal/severity.ts';
import type { CommandBody } from '../framework/command.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { isOn, waitTimeOf } from '../framework/option-values.ts';
import { openHarbor } from './open-harbor.ts';
import { renderScanProgress } from './render-scan-progress.ts';
import { scanExitCode } from './scan-exit-code.ts';

/** `objdocker harbor-trigger-scan REPO`: starts a scan; with `--wait` also shows its result. */
export const run: CommandBody = async (context, [repo = ''], given) => {
  const { output } = context;
  const wait = isOn(given, 'wait');
  const timeoutMs = waitTimeOf(given, { waits: wait });
  const pkg = await context.selectPackage();
  const { signal } = context;
  await using harbor = openHarbor(context, pkg);
  if (!wait) {
    const scan = await harbor.triggerScan(repo, undefined, { signal });
    const name = sanitizeLine(`${scan.repository}${scan.reference.includes(':') ? '@' : ':'}${scan.reference}`);
    output.print(`${name}: ${scan.started ? 'scan started' : 'a scan is already queued or running'}`);
    output.printJson('harbor-trigger-scan', scan);
    return ExitCode.done;
  }
  const scan = harbor.scan(repo, undefined, { timeoutMs, signal });
  const started = await renderScanProgress(scan, output);
  const report = await scan.result;
  const { repository, digest } = report;
  for (const { platform, state, counts, reason } of report.images) {
    const detail = [paintCounts(formatCounts(counts), output.colors), reason].filter(Boolean).join(' ');
    output.print(`${sanitizeLine(platform)}: ${paintState(state, output.colors)} ${detail}`.trimEnd());
  }
  output.printJson('harbor-trigger-scan', { repository, reference: digest, started, report });
  return scanExitCode(report, {}, output);
};
