import { createHash } from 'node:crypto';
import { escapeUnprintable } from '../../lib/text/sanitize.ts';
import { unfixedLabel } from '../../model/labels.ts';
import type { Finding } from '../../model/scan-report.ts';
import type { GateMarks } from '../gate-marks.ts';
import type { ScannedImage } from '../scanned-image.ts';
import type { Lazy, LazyObject } from './lazy-json.ts';
import { LEVELS } from './rules.ts';
import { messageText, resultLocation } from './text.ts';

/** A result for each finding of each image. `uriOf` returns its file, `marks` the verdict of the gate on it. */
export function* sarifResults(
  images: readonly ScannedImage[],
  uriOf: (image: ScannedImage) => string,
  marks?: GateMarks,
): Generator<Lazy, void> {
  for (const image of images) {
    const uri = uriOf(image);
    const seen = new Map<string, number>();
    for (const finding of image.scan.findings) {
      const subject = `${finding.id}\0${finding.package}`;
      const nth = (seen.get(subject) ?? 0) + 1;
      seen.set(subject, nth);
      yield { ...result(image, finding, uri, fingerprint(image, subject, nth)), ...gateResult(finding, marks) };
    }
  }
}

function result({ report, scan, name }: ScannedImage, finding: Finding, uri: string, print: string): LazyObject {
  const { id, severity, version, fixVersion, status, score } = finding;
  const fix = fixVersion === undefined ? (unfixedLabel(status) ?? 'no fix yet') : `fixed in ${fixVersion}`;
  const text = `${finding.package} ${version} in ${name} has ${id} (${severity}): ${fix}.`;
  return {
    ruleId: escapeUnprintable(id),
    level: LEVELS[severity],
    message: { text: messageText(text) },
    locations: [resultLocation(uri, name)],
    // GitHub reads only the first one, and computes one when there is none.
    partialFingerprints: { primaryLocationLineHash: print, 'objdockerFinding/v1': print },
    properties: {
      repository: escapeUnprintable(report.repository),
      digest: escapeUnprintable(scan.digest),
      platform: escapeUnprintable(scan.platform),
      package: escapeUnprintable(finding.package),
      installedVersion: escapeUnprintable(version),
      fixedVersion: fixVersion === undefined ? undefined : escapeUnprintable(fixVersion),
      severity,
      status: status === undefined ? undefined : escapeUnprintable(status),
      score,
    },
  };
}

// With a gate, only a rejecting finding is an error. SARIF requires the list of suppressions on every result or on none.
function gateResult(finding: Finding, marks: GateMarks | undefined): LazyObject {
  if (marks === undefined) return {};
  const mark = marks(finding);
  const level = LEVELS[finding.severity];
  return {
    level: mark === 'rejects' ? 'error' : level === 'error' ? 'warning' : level,
    suppressions:
      typeof mark === 'object'
        ? [
            {
              kind: 'external',
              status: 'accepted',
              justification: escapeUnprintable(
                mark.until === undefined ? mark.reason : `${mark.reason} (until ${mark.until})`,
              ),
            },
          ]
        : [],
  };
}

// Without tag, digest and version: the same vulnerability in the next release is the same result.
function fingerprint({ report, scan }: ScannedImage, subject: string, nth: number): string {
  const hash = createHash('sha256').update([report.repository, scan.platform, subject].join('\0'));
  return `${hash.digest('hex').slice(0, 16)}:${nth}`;
}
