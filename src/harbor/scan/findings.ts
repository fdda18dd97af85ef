import * as z from 'zod';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import { FINDING_SEVERITIES } from '../../model/enums.ts';
import type { Finding } from '../../model/scan-report.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import type { HarborRequest } from '../client/request.ts';
import { type ArtifactRef, artifactPath, formatRef } from '../refs.ts';
import { createFindingsReader, vulnerabilitySchema } from './findings-reader.ts';
import { REPORT_TYPES } from './overview.ts';

/**
 * What Harbor has of one image: a report, `none`, or `unreadable`: Harbor does not know now what the scanner can scan, or it
 * cannot scan this artifact.
 */
export type ReadFindings = ScanFindings | 'none' | 'unreadable';

/** The sorted findings of one image. */
export interface ScanFindings {
  /** ISO 8601: when the report was made. */
  readonly generated?: string;
  readonly scanner?: { readonly name: string; readonly vendor: string; readonly version: string };
  readonly findings: readonly Finding[];
}

const text = z.string().nullish();

const scannerSchema = z.looseObject({ name: text, vendor: text, version: text });

/** One report for each type. Harbor responds with `{}` when it has no report of a requested type. */
const responseSchema = z.record(
  z.string(),
  z
    .looseObject({
      generated_at: text,
      scanner: scannerSchema.nullish(),
      vulnerabilities: z.array(vulnerabilitySchema).nullish(),
    })
    .nullish(),
);

// Several hundred thousand findings with their vendor attributes.
const MOST_BYTES = 1024 * 1024 * 1024;
const TIMEOUT_MS = 120_000;

/**
 * The findings of one image. The body is parsed while it arrives, because most of it is not kept.
 *
 * Without a report the image may still have vulnerabilities: it was never scanned, is being scanned, or its scan failed.
 */
export async function getFindings(
  api: HarborApi,
  ref: ArtifactRef,
  options: RequestOptions = {},
): Promise<ReadFindings> {
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
    permission: 'artifact-addition:read',
    project: ref.project,
  };
  const response = await api.request(request, { timeoutMs: TIMEOUT_MS, ...options });
  // Captures 152, and 812 of Harbor 2.9. The caller has just read the artifact itself.
  if (response.status === 404) return 'unreadable';
  const reports = response.read(responseSchema);
  const type = REPORT_TYPES.find((each) => reports[each] != null);
  if (type === undefined) return 'none';
  const { scanner, generated_at: generated } = reports[type] ?? {};
  return {
    ...(generated && !Number.isNaN(Date.parse(generated)) ? { generated } : {}),
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
