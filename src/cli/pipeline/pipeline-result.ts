import type { Package } from '../../config/package.ts';
import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import type { PipelineOutcome, PipelineReport, PipelineRun } from '../../model/pipeline-run.ts';
import type { RunReportFiles } from '../../report/report.ts';
import { wrap } from '../../terminal/wrap.ts';
import type { CommandContext } from '../framework/command.ts';
import { asObjDockerError, renderError } from '../framework/error.ts';
import { EXIT_CODES, ExitCode } from '../framework/exit-codes.ts';
import { locationOf } from '../harbor/scan-output.ts';
import type { EventSink } from './events-file.ts';
import { promotionText } from './live/advice.ts';
import type { Followed } from './live/render-pipeline.ts';
import { renderRun } from './live/render-result.ts';

export interface Ending extends Followed {
  /** For the reports. */
  readonly directory: string | undefined;
  readonly events: EventSink | undefined;
}

/**
 * Hands out what a run came to: its reports, the answer, and its exit code. What keeps a report or an event from being written
 * is said, and hides nothing of that.
 *
 * @throws what ended the run, with the run in its details.
 */
export async function finishPipeline(
  context: CommandContext,
  pkg: Package,
  { report, failure, directory, events }: Ending,
): Promise<ExitCode> {
  const { output, signal } = context;
  if (report === undefined) throw failure ?? new Error('the pipeline ended without a result');
  const written = directory === undefined ? {} : await writeReports(report, directory, { context, pkg });
  const { run } = report;
  const isAnswer = failure === undefined && events?.onStdout !== true;
  const { columns, colors } = isAnswer ? output : { columns: output.stderrColumns, colors: output.stderrColors };
  for (const line of renderRun(run, { columns, colors, reports: written.files })) {
    if (isAnswer) output.print(line);
    else output.info(line);
  }
  if (failure === undefined) output.printJson('pipeline', run);
  const unwritten = [written.failure, events?.failure].filter((error) => error !== undefined);
  for (const error of unwritten)
    output.stderr.write(`${wrap(renderError(error, output.stderrColors), output.stderrColumns)}\n`);
  if (failure !== undefined) throw withRun(failure, run, signal);
  if (signal.aborted) output.info('the run was finished nevertheless: it was too far to be given up');
  const code = exitCodeOf(run.outcome);
  return code === ExitCode.done && unwritten[0] !== undefined ? EXIT_CODES[unwritten[0].code] : code;
}

async function writeReports(
  report: PipelineReport,
  directory: string,
  { context, pkg }: { readonly context: CommandContext; readonly pkg: Package },
): Promise<{ readonly files?: RunReportFiles; readonly failure?: ObjDockerError }> {
  const { writeRunReports } = await import('../../report/report.ts');
  try {
    // Without the signal: the reports of a run that was cancelled are written as well.
    const options = { version: context.version, harborUrl: pkg.registry.url, ...locationOf(pkg) };
    return { files: await writeRunReports(report, directory, options) };
  } catch (error) {
    return { failure: asObjDockerError(error) };
  }
}

/** What ended a run, with the run for programs; a cancelled one says what became of the public tags. */
function withRun(failure: unknown, { error: _, ...run }: PipelineRun, { aborted, reason }: AbortSignal): unknown {
  if (!isObjDockerError(failure)) return failure;
  const { code, message, hint, details } = failure;
  const all = { hint, details: { ...details, run }, cause: failure };
  if (!aborted || !isObjDockerError(reason) || reason.code !== 'CANCELLED')
    return new ObjDockerError(code, message, all);
  const besides = code === 'CANCELLED' ? '' : ` (${message})`;
  return new ObjDockerError('CANCELLED', `${reason.message}; ${promotionText(run)}${besides}`, all);
}

function exitCodeOf(outcome: PipelineOutcome): ExitCode {
  switch (outcome) {
    case 'passed':
    case 'unscanned':
      return ExitCode.done;
    case 'rejected':
    case 'conflict':
      return ExitCode.no;
    default:
      return ExitCode.outside;
  }
}
