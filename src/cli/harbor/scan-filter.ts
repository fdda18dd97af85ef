import { ObjDockerError } from '../../errors.ts';
import { didYouMean } from '../../lib/text/suggest.ts';
import {
  FINDING_SEVERITIES,
  type Finding,
  type FindingSeverity,
  type ImageScan,
  type ScanReport,
} from '../../model/scan-report.ts';
import { quoted } from '../framework/option-values.ts';

/** Which findings somebody wants to see. */
export interface ScanFilter {
  /** Those of these severities; absent for all. */
  readonly severities?: readonly FindingSeverity[] | undefined;
  /** Only those with a version that mends them. */
  readonly fixedOnly: boolean;
}

/** The severities that are worse or better than each other, worst first. */
const SCALE = FINDING_SEVERITIES.filter((severity) => severity !== 'unknown');

/**
 * What `--severity` means: one severity stands for itself and all that are worse, several for themselves.
 *
 * @throws {ObjDockerError} USAGE
 */
export function readSeverities(text: string): readonly FindingSeverity[] {
  const named = text.split(',').map((name) => readSeverity('severity', name.trim()));
  const [only] = named;
  if (named.length > 1 || only === undefined) return FINDING_SEVERITIES.filter((severity) => named.includes(severity));
  return atLeast(only);
}

/** @throws {ObjDockerError} USAGE, also for `unknown`: it is neither worse nor better than another. */
export function readThreshold(text: string): FindingSeverity {
  return readSeverity('fail-on', text, SCALE);
}

/** The report with those findings only; its counts are theirs, its states are those of the scans. */
export function filterReport(report: ScanReport, filter: ScanFilter): ScanReport {
  // Without a filter nothing is copied: there may be hundreds of thousands.
  if (filter.severities === undefined && !filter.fixedOnly) return report;
  return { ...report, images: report.images.map((image) => filterImage(image, filter)) };
}

/** How many findings reach a severity, in all images together. */
export function countReaching(
  report: ScanReport,
  threshold: FindingSeverity,
  { fixedOnly }: Pick<ScanFilter, 'fixedOnly'>,
): number {
  const isMeant = passes({ severities: atLeast(threshold), fixedOnly });
  return report.images.reduce((sum, { findings }) => sum + findings.filter(isMeant).length, 0);
}

function atLeast(severity: FindingSeverity): readonly FindingSeverity[] {
  return severity === 'unknown' ? ['unknown'] : SCALE.slice(0, SCALE.indexOf(severity) + 1);
}

function filterImage(image: ImageScan, filter: ScanFilter): ImageScan {
  const findings = image.findings.filter(passes(filter));
  const counts: Record<FindingSeverity, number> = {
    critical: 0,
    high: 0,
    medium: 0,
    low: 0,
    negligible: 0,
    unknown: 0,
  };
  for (const { severity } of findings) counts[severity]++;
  const fixable = findings.filter(({ fixVersion }) => fixVersion !== undefined).length;
  return { ...image, counts, fixable, findings };
}

function passes({ severities, fixedOnly }: ScanFilter): (finding: Finding) => boolean {
  return ({ severity, fixVersion }) =>
    (severities === undefined || severities.includes(severity)) && (!fixedOnly || fixVersion !== undefined);
}

function readSeverity(
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
