import type { ScanReport } from '../scan-report.ts';
import { jsonPieces, type LazyObject, plain } from './lazy-json.ts';
import { type WriteOptions, writePieces } from './pieces.ts';
import { notification, SCAN_NOTIFICATIONS } from './sarif-notifications.ts';
import { sarifResults } from './sarif-results.ts';
import { sarifRules } from './sarif-rules.ts';
import { hasResult, type ScannedImage, scannedImages } from './scanned-image.ts';
import { visible } from './text.ts';

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
 * A scan without a result makes the run one that did not succeed, and says so in a notification: never an empty run that
 * reads as clean. Its properties are those that GitHub's code scanning reads. For many findings {@link writeSarif} needs
 * less memory.
 */
export function toSarif(reports: readonly ScanReport[], options: SarifOptions): object {
  return plain(sarifLog(reports, options)) as object;
}

/** Writes the log of {@link toSarif} piece by piece, no faster than it is taken, and ends the stream unless told otherwise. */
export async function writeSarif(
  reports: readonly ScanReport[],
  options: SarifOptions & WriteOptions,
  writable: NodeJS.WritableStream,
): Promise<void> {
  await writePieces(sarif(reports, options), writable, options);
}

/** The log of {@link toSarif} as text in pieces, for what takes an iterable. */
export function* sarif(reports: readonly ScanReport[], options: SarifOptions): Generator<string> {
  yield* jsonPieces(sarifLog(reports, options));
  yield '\n';
}

function sarifLog(reports: readonly ScanReport[], { version, location }: SarifOptions): LazyObject {
  const images = scannedImages(reports);
  const missing = images.filter(({ scan }) => !hasResult(scan));
  const scanned = images.filter(({ scan }) => hasResult(scan));
  const uriOf = ({ report }: ScannedImage) => encodeURI(location ?? report.repository);
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'objdocker',
            version,
            semanticVersion: version,
            notifications: SCAN_NOTIFICATIONS,
            rules: sarifRules(scanned),
          },
          extensions: scanners(scanned),
        },
        invocations: [
          {
            executionSuccessful: images.length > 0 && missing.length === 0,
            toolExecutionNotifications: missing.map((image) => notification(image, uriOf(image))),
          },
        ],
        columnKind: 'utf16CodeUnits',
        results: sarifResults(scanned, uriOf),
      },
    ],
  };
}

function scanners(images: readonly ScannedImage[]): LazyObject[] {
  const known = new Map<string, LazyObject>();
  for (const { scan } of images) {
    if (scan.scanner === undefined) continue;
    const { name, vendor, version } = scan.scanner;
    known.set(`${name} ${version}`, { name: visible(name), version: visible(version), organization: visible(vendor) });
  }
  return [...known.values()];
}
