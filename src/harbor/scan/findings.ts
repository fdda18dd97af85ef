import * as z from 'zod';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import { FINDING_SEVERITIES } from '../../model/enums.ts';
import type { Finding } from '../../model/scan-report.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import type { HarborRequest } from '../client/request.ts';
import { type ArtifactRef, artifactPath, formatRef } from '../refs.ts';
import { createFindingsReader, vulnerabilitySchema } from './findings-reader.ts';
import { REPORT_TYPES } from './overview.ts';

/** The sorted findings of one image. */
export interface ScanFindings {
  readonly scanner?: { readonly name: string; readonly vendor: string; readonly version: string };
  readonly findings: readonly Finding[];
}

const text = z.string().nullish();

const scannerSchema = z.looseObject({ name: text, vendor: text, version: text });

/** One report for each type. Harbor responds with `{}` when it has no report of a requested type. */
const responseSchema = z.record(
  z.string(),
  z
    .looseObject({ scanner: scannerSchema.nullish(), vulnerabilities: z.array(vulnerabilitySchema).nullish() })
    .nullish(),
);

// Several hundred thousand findings with their vendor attributes.
const MOST_BYTES = 1024 * 1024 * 1024;
const TIMEOUT_MS = 120_000;

/**
 * The findings of one image. The body is parsed while it arrives, because most of it is not kept.
 *
 * @returns undefined when Harbor has no report. The image may still have vulnerabilities: it was never scanned, is being
 * scanned, its scan failed, or its scanner is down.
 */
export async function getFindings(
  api: HarborApi,
  ref: ArtifactRef,
  options: RequestOptions = {},
): Promise<ScanFindings | undefined> {
  let reader = createFindingsReader();
  const request: HarborRequest = {
    path: `${artifactPath(ref)}/additions/vulnerabilities`,
    headers: { 'x-accept-vulnerabilities': REPORT_TYPES.join(', ') },
    alsoAccept: [404],
    maxBodyBytes: MOST_BYTES,
    reader: () => {
      reader = createFindingsReader();
      return reader;
    },
    doing: `read the findings of ${formatRef(ref)}`,
    project: ref.project,
  };
  const response = await api.request(request, { timeoutMs: TIMEOUT_MS, ...options });
  // 404: the scanner is down or cannot scan this artifact (captures 812, 152). The caller has just read the artifact itself.
  if (response.status === 404) return undefined;
  const reports = response.read(responseSchema);
  const type = REPORT_TYPES.find((each) => reports[each] != null);
  if (type === undefined) return undefined;
  const scanner = reports[type]?.scanner;
  return {
    ...(scanner == null
      ? {}
      : { scanner: { name: scanner.name ?? '', vendor: scanner.vendor ?? '', version: scanner.version ?? '' } }),
    findings: reader.findingsOf(type).sort(worstFirst),
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
