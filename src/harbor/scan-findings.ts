import * as z from 'zod';
import { FINDING_SEVERITIES, type Finding } from '../scan-report.ts';
import type { CallOptions, HarborApi, HarborCall } from './api.ts';
import { type ArtifactPlace, artifactPath, formatPlace } from './places.ts';
import { REPORT_TYPES } from './scan-overview.ts';
import { readSeverity } from './scan-state.ts';

/** What the scanner found in one image, sorted. */
export interface ScanFindings {
  readonly scanner?: { readonly name: string; readonly vendor: string; readonly version: string };
  readonly findings: readonly Finding[];
}

const text = z.string().nullish();

const vulnerabilitySchema = z.looseObject({
  id: z.string(),
  package: text,
  version: text,
  fix_version: text,
  severity: text,
  description: text,
  links: z.array(z.string()).nullish(),
  preferred_cvss: z.looseObject({ score_v3: z.number().nullish() }).nullish(),
  cwe_ids: z.array(z.string()).nullish(),
});

const reportSchema = z.looseObject({
  scanner: z.looseObject({ name: text, vendor: text, version: text }).nullish(),
  vulnerabilities: z.array(vulnerabilitySchema).nullish(),
});

/** One report for each type; Harbor answers `{}` where it has none of those that were asked for. */
const answerSchema = z.record(z.string(), reportSchema.nullish());

/**
 * The findings of one image.
 *
 * @returns undefined when Harbor shows no report, which does not mean that there is nothing to find: it was never scanned, is
 * being scanned, its scan failed, or its scanner is down.
 */
export async function getFindings(
  api: HarborApi,
  place: ArtifactPlace,
  options: CallOptions = {},
): Promise<ScanFindings | undefined> {
  const call: HarborCall = {
    path: `${artifactPath(place)}/additions/vulnerabilities`,
    headers: { 'x-accept-vulnerabilities': REPORT_TYPES.join(', ') },
    alsoAccept: [404],
    doing: `read the findings of ${formatPlace(place)}`,
    project: place.project,
  };
  const answer = await api.request(call, options);
  // A scanner that is down, or cannot scan this: 404 (captures 812, 152). The artifact itself was there a moment ago.
  if (answer.status === 404) return undefined;
  const reports = answer.read(answerSchema);
  const report = REPORT_TYPES.map((type) => reports[type]).find((each) => each != null);
  if (report == null) return undefined;
  const { scanner, vulnerabilities } = report;
  return {
    ...(scanner == null
      ? {}
      : { scanner: { name: scanner.name ?? '', vendor: scanner.vendor ?? '', version: scanner.version ?? '' } }),
    findings: (vulnerabilities ?? []).map(toFinding).sort(worstFirst),
  };
}

function toFinding(row: z.infer<typeof vulnerabilitySchema>): Finding {
  return {
    id: row.id,
    severity: readSeverity(row.severity),
    package: row.package ?? '',
    version: row.version ?? '',
    ...(row.fix_version ? { fixVersion: row.fix_version } : {}),
    description: row.description ?? '',
    links: row.links ?? [],
    ...(row.preferred_cvss?.score_v3 == null ? {} : { score: row.preferred_cvss.score_v3 }),
    // Harbor has one empty entry where there is none.
    cwes: (row.cwe_ids ?? []).filter((id) => id !== ''),
  };
}

function worstFirst(a: Finding, b: Finding): number {
  return (
    FINDING_SEVERITIES.indexOf(a.severity) - FINDING_SEVERITIES.indexOf(b.severity) ||
    compare(a.package, b.package) ||
    compare(a.id, b.id) ||
    compare(a.version, b.version)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
