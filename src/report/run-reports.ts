import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isObjDockerError, ObjDockerError } from '../errors.ts';
import { writeAtomically } from '../lib/files/files.ts';
import { toJson } from '../lib/json.ts';
import type { PipelineReport } from '../model/pipeline-run.ts';
import { createFolder } from './create-folder.ts';
import { runPage } from './html/run/run-html.ts';
import { runJunit } from './junit/junit.ts';
import { runResult } from './run-result.ts';
import type { UnfinishedResult } from './run-result-schema.ts';
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
 * Prepares a folder for the reports of a run that is about to start, and creates it when it does not exist. The reports of an
 * earlier run are removed, and `result.json` says that this run is unfinished: after a kill nothing reads as its result.
 *
 * @throws {ObjDockerError} OUTPUT_FAILED; CANCELLED
 */
export async function startRunReports(
  directory: string,
  start: Pick<UnfinishedResult, 'package' | 'tags' | 'registry' | 'started'>,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  await createFolder(directory);
  const { result, ...others } = filesIn(directory);
  const unfinished: UnfinishedResult = { ...start, outcome: 'unfinished', promoted: false, images: [] };
  await writeAtomically(result, [asJson(unfinished)], { signal });
  for (const path of Object.values(others)) {
    await rm(path, { force: true }).catch((cause) => {
      throw new ObjDockerError('OUTPUT_FAILED', `cannot remove ${path}, a report of an earlier run: ${cause.code}`, {
        hint: 'Remove it, or name another folder.',
        cause,
      });
    });
  }
}

/**
 * Writes all reports of a run, whatever its outcome, to a folder, which is created when it does not exist. Each file is replaced
 * as a whole.
 *
 * @throws {ObjDockerError} OUTPUT_FAILED with every file that was not written; CANCELLED
 *
 * @example
 * const { html } = await writeRunReports(report, 'reports', { version: '1.4.0' });
 */
export async function writeRunReports(
  report: PipelineReport,
  directory: string,
  { version, location, harborUrl, signal }: RunReportOptions,
): Promise<RunReportFiles> {
  await createFolder(directory);
  const files = filesIn(directory);
  const code = { version, ...(location === undefined ? {} : { location }) };
  const contents: readonly (readonly [string, () => Iterable<string>])[] = [
    // result.json first: when the disk is full, that of an earlier run must not remain.
    [files.result, () => [asJson(runResult(report.run))]],
    [files.junit, () => runJunit(report)],
    [files.sarif, () => runSarif(report, code)],
    [files.html, () => runPage(report, { harborUrl })],
  ];
  const failures: ObjDockerError[] = [];
  for (const [path, content] of contents) {
    try {
      await writeAtomically(path, content(), { signal });
    } catch (error) {
      if (!isObjDockerError(error) || error.code !== 'OUTPUT_FAILED') throw error;
      failures.push(error);
    }
  }
  const [first, ...others] = failures;
  if (first === undefined) return files;
  throw new ObjDockerError('OUTPUT_FAILED', [first, ...others].map(({ message }) => message).join('; '), {
    hint: first.hint,
    cause: first,
  });
}

function filesIn(directory: string): RunReportFiles {
  return {
    result: join(directory, 'result.json'),
    junit: join(directory, 'junit.xml'),
    sarif: join(directory, 'results.sarif'),
    html: join(directory, 'index.html'),
  };
}

function asJson(value: unknown): string {
  return `${toJson(value, 2)}\n`;
}
