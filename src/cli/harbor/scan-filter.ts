import { ObjDockerError } from '../../errors.ts';
import { didYouMean } from '../../lib/text/suggest.ts';
import { FINDING_SEVERITIES, type FindingSeverity } from '../../model/enums.ts';
import type { Finding, ImageScan, ScanReport } from '../../model/scan-report.ts';
import { countFindings } from '../../model/severity-counts.ts';
import { quoted } from '../framework/option-values.ts';

/** Which findings are shown. */
export interface ScanFilter {
  /** Only findings of these severities; absent for all. */
  readonly severities?: readonly FindingSeverity[] | undefined;
  /** Only findings with a fix. */
  readonly fixedOnly: boolean;
}

/** The severities that can be compared, worst first. */
const SCALE = FINDING_SEVERITIES.filter((severity) => severity !== 'unknown');

/**
 * Parses `--severity`: one severity selects itself and all worse ones, a list selects exactly its members.
 *
 * @throws {ObjDockerError} USAGE
 */
export function parseSeverities(text: string): readonly FindingSeverity[] {
  const named = text.split(',').map((name) => parseSeverity('severity', name.trim()));
  const [only] = named;
  if (named.length > 1 || only === undefined) return FINDING_SEVERITIES.filter((severity) => named.includes(severity));
  return atLeast(only);
}

/**
 * Parses `--fail-on`.
 *
 * @throws {ObjDockerError} USAGE, also for `unknown`, which cannot be compared with other severities.
 */
export function parseThreshold(text: string): FindingSeverity {
  return parseSeverity('fail-on', text, SCALE);
}

/** The report with the findings that pass the filter, and with their counts. The states of the scans do not change. */
export function filterReport(report: ScanReport, filter: ScanFilter): ScanReport {
  // A report may hold hundreds of thousands of findings: copy none without a filter.
  if (filter.severities === undefined && !filter.fixedOnly) return report;
  return { ...report, images: report.images.map((image) => filterImage(image, filter)) };
}

/** How many findings of all images are of this severity or worse. */
export function countReaching(
  report: ScanReport,
  threshold: FindingSeverity,
  { fixedOnly }: Pick<ScanFilter, 'fixedOnly'>,
): number {
  const counts = passes({ severities: atLeast(threshold), fixedOnly });
  return report.images.reduce((sum, { findings }) => sum + findings.filter(counts).length, 0);
}

function atLeast(severity: FindingSeverity): readonly FindingSeverity[] {
  return severity === 'unknown' ? ['unknown'] : SCALE.slice(0, SCALE.indexOf(severity) + 1);
}

function filterImage(image: ImageScan, filter: ScanFilter): ImageScan {
  const findings = image.findings.filter(passes(filter));
  return { ...image, ...countFindings(findings), findings };
}

function passes({ severities, fixedOnly }: ScanFilter): (finding: Finding) => boolean {
  return ({ severity, fixVersion }) =>
    (severities === undefined || severities.includes(severity)) && (!fixedOnly || fixVersion !== undefined);
}

function parseSeverity(
  flag: string,
  text: string,
  known: readonly FindingSeverity[] = FINDING_SEVERITIES,
): FindingSeverity {
  const severity = known.find((name) => name === text.toLowerCase());
  if (severity !== undefined) return severity;
  throw new ObjDockerError('USAGE', `--${flag} ${quoted(text)} is not a severity${didYouMean(text, known)}`, {
    hint: `One of: ${known.join(', ')}.`,
  });
}
