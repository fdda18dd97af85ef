import type { ScanReport } from '../../model/scan-report.ts';
import { scannedImages } from '../scanned-image.ts';
import { type WriteOptions, writePieces } from '../write-pieces.ts';
import { jsonPieces, type LazyObject, plain } from './lazy-json.ts';
import { limitResults } from './limit-results.ts';
import { sarifOf, sarifUri } from './log.ts';

export interface SarifOptions {
  /** Of ObjDocker. */
  readonly version: string;
  /**
   * The file to which a code host attaches the findings, relative to the repository's root: the Dockerfile.
   *
   * @default the name of the image's repository, which is the same from one release to the next
   */
  readonly location?: string;
}

/**
 * The scans as a SARIF 2.1.0 log of one run: a rule for each vulnerability, a result for each image and package that has it.
 *
 * A scan without a result makes the run one that did not succeed, and says so in a notification. It is never an
 * empty run that looks clean. Its properties are those that GitHub's code scanning reads. For many findings
 * {@link writeSarif} needs less memory.
 */
export function toSarif(reports: readonly ScanReport[], options: SarifOptions): object {
  return plain(sarifLog(reports, options)) as object;
}

/** Writes the log of {@link toSarif} piece by piece with backpressure, and ends the stream unless `end` is false. */
export async function writeSarif(
  reports: readonly ScanReport[],
  options: SarifOptions & WriteOptions,
  writable: NodeJS.WritableStream,
): Promise<void> {
  await writePieces(sarif(reports, options), writable, options);
}

/** The log of {@link toSarif} as an iterable of pieces. */
export function* sarif(reports: readonly ScanReport[], options: SarifOptions): Generator<string> {
  yield* jsonPieces(sarifLog(reports, options));
  yield '\n';
}

/** How many findings {@link toSarif} leaves out, because a code host does not take more, as a sentence; undefined for none. */
export function sarifOmission(reports: readonly ScanReport[]): string | undefined {
  return limitResults(scannedImages(reports)).omission;
}

function sarifLog(reports: readonly ScanReport[], { version, location }: SarifOptions): LazyObject {
  const images = scannedImages(reports);
  return sarifOf(images, {
    version,
    uriOf: sarifUri(location),
    notifications: [],
    executed: images.length > 0,
  });
}
