import { createHash } from 'node:crypto';
import { escapeUnprintable } from '../../lib/text/sanitize.ts';
import type { Finding } from '../../model/scan-report.ts';
import type { GateMarks } from '../gate-marks.ts';
import type { ScannedImage } from '../scanned-image.ts';
import { SEVERITY_LABELS } from '../severity.ts';
import type { Lazy, LazyObject } from './lazy-json.ts';
import { LEVELS } from './rules.ts';
import { messageText, resultLocation } from './text.ts';

/** A result for each finding of each image; `uriOf` says to which file it belongs, `marks` what a gate said of it. */
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
  const { id, severity, version, fixVersion, score } = finding;
  const fix = fixVersion === undefined ? 'no fix yet' : `fixed in ${fixVersion}`;
  const text = `${finding.package} ${version} in ${name} has ${id} (${SEVERITY_LABELS[severity].toLowerCase()}): ${fix}.`;
  return {
    ruleId: escapeUnprintable(id),
    level: LEVELS[severity],
    message: { text: messageText(text) },
    locations: [resultLocation(uri, name)],
    // The first is the only one that GitHub reads; it makes one of its own when there is none.
    partialFingerprints: { primaryLocationLineHash: print, 'objdockerFinding/v1': print },
    properties: {
      repository: escapeUnprintable(report.repository),
      digest: escapeUnprintable(scan.digest),
      platform: escapeUnprintable(scan.platform),
      package: escapeUnprintable(finding.package),
      installedVersion: escapeUnprintable(version),
      fixedVersion: fixVersion === undefined ? undefined : escapeUnprintable(fixVersion),
      severity,
      score,
    },
  };
}

// A gate's word is the level: what keeps an image from its release is an error, and nothing else is. SARIF wants the list of
// suppressions on every result or on none.
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

// Neither tag, digest nor version: a vulnerability that outlives a release is still the same one.
function fingerprint({ report, scan }: ScannedImage, subject: string, nth: number): string {
  const hash = createHash('sha256').update([report.repository, scan.platform, subject].join('\0'));
  return `${hash.digest('hex').slice(0, 16)}:${nth}`;
}
