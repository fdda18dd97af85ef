import { escapeUnprintable } from '../../lib/text/sanitize.ts';
import type { GateMarks } from '../gate-marks.ts';
import { hasResult, type ScannedImage } from '../scanned-image.ts';
import type { LazyObject } from './lazy-json.ts';
import { limitResults } from './limit-results.ts';
import { CUT_NOTIFICATION, cutNotification, notification, SCAN_NOTIFICATIONS } from './notifications.ts';
import { sarifResults } from './results.ts';
import { sarifRules } from './rules.ts';

export interface SarifContent {
  readonly version: string;
  /** The file to which the findings of an image are attached. */
  readonly uriOf: (image: Pick<ScannedImage, 'report'>) => string;
  /** In addition to those about images without a result. */
  readonly notifications: readonly LazyObject[];
  /** The kinds of these notifications. */
  readonly descriptors?: readonly LazyObject[];
  /** False when the run is known to have no result. */
  readonly executed: boolean;
  readonly marks?: GateMarks | undefined;
  /** More about the invocation, and about the run. */
  readonly invocation?: LazyObject;
  readonly run?: LazyObject;
}

/** The file of an image's findings: `location`, or its repository, which stays the same from release to release. */
export function sarifUri(location: string | undefined): SarifContent['uriOf'] {
  return ({ report }) => encodeURI(location ?? report.repository);
}

/** A SARIF 2.1.0 log of one run over images. The run did not succeed when an image has no result. */
export function sarifOf(images: readonly ScannedImage[], content: SarifContent): LazyObject {
  const { version, uriOf, notifications, descriptors = [], executed, marks, invocation, run } = content;
  const missing = images.filter(({ scan }) => !hasResult(scan));
  const { images: scanned, omission } = limitResults(
    images.filter(({ scan }) => hasResult(scan)),
    marks,
  );
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
            notifications: [...SCAN_NOTIFICATIONS, CUT_NOTIFICATION, ...descriptors],
            rules: sarifRules(scanned),
          },
          extensions: scanners(scanned),
        },
        invocations: [
          {
            ...invocation,
            executionSuccessful: executed && missing.length === 0,
            toolExecutionNotifications: [
              ...missing.map((image) => notification(image, uriOf(image))),
              ...(omission === undefined ? [] : [cutNotification(omission)]),
              ...notifications,
            ],
          },
        ],
        columnKind: 'utf16CodeUnits',
        ...run,
        results: sarifResults(scanned, uriOf, marks),
      },
    ],
  };
}

function scanners(images: readonly ScannedImage[]): LazyObject[] {
  const known = new Map<string, LazyObject>();
  for (const { scan } of images) {
    if (scan.scanner === undefined) continue;
    const { name, vendor, version } = scan.scanner;
    known.set(`${name} ${version}`, {
      name: escapeUnprintable(name),
      version: escapeUnprintable(version),
      organization: escapeUnprintable(vendor),
    });
  }
  return [...known.values()];
}
