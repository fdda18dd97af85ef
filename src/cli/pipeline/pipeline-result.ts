import type { Package } from '../../config/package.ts';
import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { PipelineOutcome } from '../../model/enums.ts';
import type { PipelineReport, PipelineRun } from '../../model/pipeline-run.ts';
import { describePolicyChanges } from '../../pipeline/policy/policy-changes.ts';
import { runMarkdown } from '../../report/markdown/run-markdown.ts';
import type { RunReportFiles } from '../../report/report.ts';
import { wrap } from '../../terminal/wrap.ts';
import { dockerfileLocation } from '../framework/ci/dockerfile-location.ts';
import { appendSummary } from '../framework/ci/job-summary.ts';
import type { CommandContext } from '../framework/command.ts';
import { EXIT_CODES, ExitCode } from '../framework/exit-codes.ts';
import { asObjDockerError } from '../framework/output.ts';
import type { EventSink } from './events-file.ts';
import type { PipelineEnd } from './live/follow-pipeline.ts';
import { renderRun } from './render-run.ts';
import { tagsText } from './run-text.ts';

interface FinishOptions extends PipelineEnd {
  /** The folder of the reports; undefined for none. */
  readonly directory: string | undefined;
  readonly events: EventSink | undefined;
  /** The file to which a summary in Markdown is appended; undefined for none. */
  readonly summary: string | undefined;
}

/**
 * Writes the reports of a run, prints its result, and returns its exit code. Reports and events that cannot be written are
 * printed as errors after the result.
 *
 * @throws the failure of the run, with the run in its details.
 */
export async function finishPipeline(
  context: CommandContext,
  pkg: Package,
  { report, failure, directory, events, summary }: FinishOptions,
): Promise<ExitCode> {
  const { output, signal } = context;
  if (report === undefined) throw failure ?? new Error('the pipeline ended without a report');
  const written = directory === undefined ? {} : await writeReports(report, directory, { context, pkg });
  const { run } = report;
  const changes = run.verdict === undefined ? [] : describePolicyChanges(run.verdict);
  const toStdout = failure === undefined && events?.onStdout !== true;
  const { columns, colors } = toStdout ? output : { columns: output.stderrColumns, colors: output.stderrColors };
  for (const line of renderRun(run, { columns, colors, reports: written.files })) {
    if (toStdout) output.print(line);
    else output.info(line);
  }
  if (changes.length > 0) output.info('settings of deployment.scan that would change this verdict:');
  for (const change of changes) output.info(wrap(`  ${sanitizeLine(change)}`, output.stderrColumns));
  if (failure === undefined) output.printJson('pipeline', run);
  const unsummed =
    summary === undefined ? undefined : await appendSummary(summary, runMarkdown(run, { remarks: changes }));
  const unwritten = [written.failure, events?.failure, unsummed].filter((error) => error !== undefined);
  for (const error of unwritten) output.error(error);
  if (failure !== undefined) throw withRun(failure, run, signal);
  if (signal.aborted) output.info('the run finished all the same: its promotion had already started');
  const code = exitCodeOf(run.outcome);
  return code === ExitCode.done && unwritten[0] !== undefined ? EXIT_CODES[unwritten[0].code] : code;
}

async function writeReports(
  report: PipelineReport,
  directory: string,
  { context, pkg }: { readonly context: CommandContext; readonly pkg: Package },
): Promise<{ readonly files?: RunReportFiles; readonly failure?: ObjDockerError }> {
  const { runSarifOmission, writeRunReports } = await import('../../report/report.ts');
  try {
    // Without the signal, because a cancelled run has reports, too.
    const options = { version: context.version, harborUrl: pkg.registry.url, ...(await dockerfileLocation(pkg)) };
    const files = await writeRunReports(report, directory, options);
    const omission = runSarifOmission(report);
    if (omission !== undefined) context.output.warn(`results.sarif: ${omission}; index.html has them`);
    return { files };
  } catch (error) {
    return { failure: asObjDockerError(error) };
  }
}

/** The failure of a run with the run in its details. The message of a cancelled run has the state of the public tags. */
function withRun(failure: unknown, { error: _, ...run }: PipelineRun, { aborted, reason }: AbortSignal): unknown {
  if (!isObjDockerError(failure)) return failure;
  const { code, message, hint, details } = failure;
  const all = { hint, details: { ...details, run }, cause: failure };
  if (!aborted || !isObjDockerError(reason) || reason.code !== 'CANCELLED')
    return new ObjDockerError(code, message, all);
  const also = code === 'CANCELLED' ? '' : ` (${message})`;
  return new ObjDockerError('CANCELLED', `${reason.message}; ${tagsText(run)}${also}`, all);
}

function exitCodeOf(outcome: PipelineOutcome): ExitCode {
  switch (outcome) {
    case 'passed':
    case 'unchanged':
    case 'unscanned':
      return ExitCode.done;
    case 'rejected':
    case 'conflict':
      return ExitCode.no;
    default:
      return ExitCode.outside;
  }
}
