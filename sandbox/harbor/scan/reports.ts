import type { Harbor } from '../store/harbor.ts';
import { projectOfRepository } from '../store/lookup.ts';
import type { Artifact, Repository, ScanReport, Vulnerability } from '../store/state.ts';
import { SAMPLE_SCANNER, severityRank, vulnerabilitiesOf } from './findings.ts';
import { canScan, scannedImages, scannerOf } from './jobs.ts';

const REPORT_TYPE = 'application/vnd.security.vulnerability.report; version=1.1';

const SEPARATOR = '|';

/** Whether X-Accept-Vulnerabilities allows the scanner's report type. Without the header every type is allowed. */
export const acceptsReport = (header: string | undefined): boolean =>
  header === undefined || header.split(',').some((each) => each.trim() === REPORT_TYPE);

/** Whether a client can read the reports of an artifact. Newer Harbors keep them readable while the scanner is down. */
export const hasReadableReports = (harbor: Harbor, artifact: Artifact): boolean =>
  harbor.rules.knowsDownScanner ? artifact.type === 'IMAGE' : canScan(harbor, artifact);

/** The report of each image of an artifact. Undefined for an image without one. */
function reportsOf(
  harbor: Harbor,
  repository: Repository,
  artifact: Artifact,
  readable: boolean,
): readonly { image: Artifact; report: ScanReport | undefined }[] {
  const project = projectOfRepository(harbor, repository.name);
  const scanner = project === undefined ? undefined : scannerOf(harbor, project);
  if (scanner === undefined || scanner.disabled || !readable) return [];
  return scannedImages(repository, artifact).map((image) => ({ image, report: image.reports[scanner.id] }));
}

/** The `scan_overview`, if there is a report. As in Harbor, an index has Success when any platform has. */
export function scanOverview(harbor: Harbor, repository: Repository, artifact: Artifact): unknown {
  const readable = canScan(harbor, artifact);
  const reports = reportsOf(harbor, repository, artifact, readable).flatMap(({ report }) => report ?? []);
  const [first] = reports;
  if (first === undefined) return undefined;
  const status =
    (['Success', 'Running', 'Pending', 'Error', 'Stopped'] as const).find((each) =>
      reports.some((report) => report.status === each),
    ) ?? first.status;
  const started = reports.map((each) => each.started).toSorted()[0] ?? first.started;
  const ended =
    reports
      .map((each) => each.ended)
      .toSorted()
      .at(-1) ?? first.ended;
  const seconds = (Date.parse(ended) - Date.parse(started)) / 1000;
  const done = status === 'Success' || status === 'Error';
  const ids = reports.map(({ id }) => id);
  return {
    [REPORT_TYPE]: {
      ...(status === 'Success' ? { complete_percent: completePercent(reports) } : {}),
      ...(done && seconds > 0 ? { duration: seconds } : {}),
      end_time: ended,
      report_id: ids.length === 1 ? first.id : Buffer.from(ids.join(SEPARATOR)).toString('base64'),
      scan_status: status,
      ...(status === 'Success' ? { scanner: SAMPLE_SCANNER, severity: worst(found(reports), 'None') } : {}),
      start_time: started,
      ...(status === 'Success' ? { summary: summary(found(reports)) } : {}),
    },
  };
}

const completePercent = (reports: readonly ScanReport[]) =>
  Math.floor((100 * reports.filter(({ status }) => status === 'Success').length) / reports.length);

/** The findings of all reports. A finding that two platforms share counts once. */
function found(reports: readonly ScanReport[]): readonly Vulnerability[] {
  const all = new Map<string, Vulnerability>();
  for (const { status, result } of reports) {
    if (status !== 'Success' || result === undefined) continue;
    for (const each of vulnerabilitiesOf(result)) all.set(`${each.id} ${each.package} ${each.version}`, each);
  }
  return [...all.values()];
}

function summary(vulnerabilities: readonly Vulnerability[]): unknown {
  const counts: Record<string, number> = {};
  for (const { severity } of vulnerabilities) counts[severity] = (counts[severity] ?? 0) + 1;
  return {
    fixable: vulnerabilities.filter(({ fix_version }) => fix_version !== '').length,
    summary: Object.fromEntries(Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    total: vulnerabilities.length,
  };
}

const worst = (vulnerabilities: readonly Vulnerability[], ofNone: string): string =>
  vulnerabilities.reduce(
    (worse, { severity }) => (worse === ofNone || severityRank(severity) > severityRank(worse) ? severity : worse),
    ofNone,
  );

/** The report of an artifact. An index has one when every platform has. Harbor shows undefined as `{}`. */
export function scanReport(harbor: Harbor, repository: Repository, artifact: Artifact): unknown {
  const reports = reportsOf(harbor, repository, artifact, hasReadableReports(harbor, artifact));
  if (reports.length === 0 || reports.some(({ report }) => report?.status !== 'Success')) return undefined;
  const digests = new Map<string, string[]>();
  for (const { image, report } of reports) {
    for (const each of vulnerabilitiesOf(report?.result ?? [])) {
      const key = `${each.id} ${each.package} ${each.version}`;
      digests.set(key, [...(digests.get(key) ?? []), image.digest]);
    }
  }
  const vulnerabilities = found(reports.flatMap(({ report }) => report ?? []));
  return {
    [REPORT_TYPE]: {
      generated_at: reports[0]?.report?.ended,
      scanner: SAMPLE_SCANNER,
      severity: worst(vulnerabilities, harbor.rules.severityOfNone),
      vulnerabilities: vulnerabilities.map((each) => ({
        id: each.id,
        package: each.package,
        version: each.version,
        fix_version: each.fix_version,
        severity: each.severity,
        ...(harbor.rules.showsFindingStatus
          ? { status: each.status ?? (each.fix_version === '' ? 'affected' : 'fixed') }
          : {}),
        description: each.description,
        links: each.links,
        artifact_digests: digests.get(`${each.id} ${each.package} ${each.version}`) ?? [],
        preferred_cvss: each.preferred_cvss ?? null,
        cwe_ids: each.cwe_ids ?? [''],
        vendor_attributes: each.vendor_attributes ?? null,
      })),
    },
  };
}

/** Evaluates the pull policy. @returns the number of vulnerabilities, `unscanned`, or undefined when it passes */
export function policyVerdict(
  harbor: Harbor,
  repository: Repository,
  artifact: Artifact,
  threshold: string,
): number | 'unscanned' | undefined {
  if (artifact.type !== 'IMAGE') return undefined;
  const reports = reportsOf(harbor, repository, artifact, canScan(harbor, artifact));
  if (reports.length === 0 || reports.some(({ report }) => report?.status !== 'Success')) return 'unscanned';
  const vulnerabilities = found(reports.flatMap(({ report }) => report ?? []));
  const limit = severityRank(threshold);
  return vulnerabilities.some(({ severity }) => severityRank(severity) >= limit) ? vulnerabilities.length : undefined;
}
