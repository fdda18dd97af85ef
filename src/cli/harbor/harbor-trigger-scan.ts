import pMap from 'p-map';
import { readTarget } from '../../access/harbor-access.ts';
import type { ErrorCode, ErrorJson } from '../../errors.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { StartedScan } from '../../model/harbor.ts';
import type { ScanReport } from '../../model/scan-report.ts';
import type { HarborSession } from '../../obj-docker/harbor/harbor-session.ts';
import { formatCounts, paintCounts, paintState } from '../../terminal/severity.ts';
import type { CommandBody, CommandContext } from '../framework/command.ts';
import { EXIT_CODES, ExitCode } from '../framework/exit-codes.ts';
import { isOn, waitTimeOf } from '../framework/option-values.ts';
import { asObjDockerError } from '../framework/output.ts';
import { openHarbor } from './open-harbor.ts';
import { renderScanProgress } from './render-scan-progress.ts';
import { scanExitCode } from './scan-exit-code.ts';

const CONCURRENCY = 8;

type Item = (StartedScan & { readonly report?: ScanReport }) | { readonly name: string; readonly error: ErrorJson };

interface ScanContext {
  readonly context: CommandContext;
  readonly harbor: HarborSession;
  readonly timeoutMs: number | undefined;
  /** Lines about a platform begin with the name of its image. */
  readonly isOneOfSeveral: boolean;
}

/** `objdocker harbor-trigger-scan REPO...`: starts scans; with `--wait` also shows their results. */
export const run: CommandBody = async (context, repos, given) => {
  const { output, signal } = context;
  const wait = isOn(given, 'wait');
  const timeoutMs = waitTimeOf(given, { waits: wait });
  const pkg = await context.selectPackage();
  // A name that is none is an error before the first scan.
  for (const name of repos) readTarget(pkg, name);
  await using harbor = openHarbor(context, pkg);
  const names = [...new Set(repos)];
  const scanContext: ScanContext = { context, harbor, timeoutMs, isOneOfSeveral: names.length > 1 };
  const reported = new Set<ErrorCode>();
  const attempt = async (name: string): Promise<{ readonly item: Item; readonly code: ExitCode }> => {
    try {
      return await (wait ? scanAndWait : startScan)(name, scanContext);
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const error = asObjDockerError(thrown);
      // What is wrong with the server or the login is the same for all names.
      if (!(error.code.startsWith('REGISTRY_') && reported.has(error.code))) output.error(error);
      reported.add(error.code);
      return { item: { name, error: error.toJSON() }, code: EXIT_CODES[error.code] };
    }
  };
  const outcomes = await pMap(names, attempt, { concurrency: CONCURRENCY });
  const items = outcomes.map(({ item }) => item);
  output.printJson('harbor-trigger-scan', { items, total: items.length });
  const codes = new Set(outcomes.map(({ code }) => code));
  // Some of several failed; when all ended alike, that is the result.
  const [code = ExitCode.done, ...others] = codes;
  return others.length === 0 ? code : ExitCode.no;
};

async function startScan(name: string, { context: { output, signal }, harbor }: ScanContext) {
  const scan = await harbor.triggerScan(name, undefined, { signal });
  output.print(`${referenceOf(scan)}: ${scan.started ? 'scan started' : 'a scan is already queued or running'}`);
  return { item: scan, code: ExitCode.done };
}

async function scanAndWait(
  name: string,
  { context: { output, signal }, harbor, timeoutMs, isOneOfSeveral }: ScanContext,
) {
  const scan = harbor.scan(name, undefined, { timeoutMs, signal });
  const prefix = isOneOfSeveral ? `${sanitizeLine(name)} ` : '';
  const started = await renderScanProgress(scan, output, prefix);
  const report = await scan.result;
  const { repository, digest } = report;
  for (const { platform, state, counts, reason } of report.images) {
    const said = reason === undefined ? '' : sanitizeLine(reason);
    const detail = [paintCounts(formatCounts(counts), output.colors), said].filter(Boolean).join(' ');
    const line = `${prefix}${sanitizeLine(platform)}: ${paintState(state, output.colors)} ${detail}`;
    output.print(line.trimEnd());
  }
  return { item: { repository, reference: digest, started, report }, code: scanExitCode(report, {}, output) };
}

function referenceOf({ repository, reference }: StartedScan): string {
  return sanitizeLine(`${repository}${reference.includes(':') ? '@' : ':'}${reference}`);
}
