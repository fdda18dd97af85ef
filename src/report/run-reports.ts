import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ObjDockerError } from '../errors.ts';
import { writeAtomically } from '../lib/files.ts';
import type { PipelineReport } from '../model/pipeline-run.ts';
import { runPage } from './html/run/run-html.ts';
import { runJunit } from './junit/junit.ts';
import { runResult } from './run-result.ts';
import { runSarif } from './sarif/run-sarif.ts';

export interface RunReportOptions {
  /** Of ObjDocker. */
  readonly version: string;
  /**
   * The file to which a code host attaches the findings, relative to the repository's root: the Dockerfile.
   *
   * @default the name of each image's repository
   */
  readonly location?: string | undefined;
  /** The Harbor of the run, to link to. Omitted when it is not an http or https address, or contains a login. */
  readonly harborUrl?: string | undefined;
  /** Cancels the writing. Do not pass the signal of the run: a cancelled run has reports, too. */
  readonly signal?: AbortSignal | undefined;
}

/** Where the reports of a run are. */
export interface RunReportFiles {
  /** `result.json`: what to deploy. */
  readonly result: string;
  /** `junit.xml` */
  readonly junit: string;
  /** `results.sarif` */
  readonly sarif: string;
  /** `index.html` */
  readonly html: string;
}

/**
 * Writes all reports of a run, whatever its outcome, to a folder, which is created when it does not exist. Each file is replaced
 * as a whole.
 *
 * @throws {ObjDockerError} OUTPUT_FAILED; CANCELLED
 *
 * @example
 * const { html } = await writeRunReports(report, 'reports', { version: '1.4.0' });
 */
export async function writeRunReports(
  report: PipelineReport,
  directory: string,
  { version, location, harborUrl, signal }: RunReportOptions,
): Promise<RunReportFiles> {
  const files = {
    result: join(directory, 'result.json'),
    junit: join(directory, 'junit.xml'),
    sarif: join(directory, 'results.sarif'),
    html: join(directory, 'index.html'),
  };
  await mkdir(directory, { recursive: true }).catch((cause) => {
    throw new ObjDockerError('OUTPUT_FAILED', `cannot create the folder ${directory}: ${cause.code ?? cause}`, {
      hint: 'Name an existing folder, or one in a folder that you may write to.',
      cause,
    });
  });
  // result.json first: when the disk is full, that of an earlier run must not remain.
  await writeAtomically(files.result, [`${JSON.stringify(runResult(report.run), null, 2)}\n`], { signal });
  await writeAtomically(files.junit, runJunit(report), { signal });
  const code = { version, ...(location === undefined ? {} : { location }) };
  await writeAtomically(files.sarif, runSarif(report, code), { signal });
  await writeAtomically(files.html, runPage(report, { harborUrl }), { signal });
  return files;
}
