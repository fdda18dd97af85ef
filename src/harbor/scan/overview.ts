import * as z from 'zod';

/** The last scan of an artifact, as Harbor reports it. For an index Harbor merges the scans of its platforms. */
export interface ScanOverview {
  /** `Pending`, `Running`, `Success`, `Error`, `Stopped`, `Scheduled`. */
  readonly status: string;
  /** Unique for each scan. */
  readonly reportId?: string;
  /** `Critical` … `None`; only after a success. */
  readonly severity?: string;
  /** ISO 8601; absent before the scan began, or ended. */
  readonly started?: string;
  readonly finished?: string;
  /** How many findings there are; only after a success. */
  readonly total?: number;
  readonly fixable?: number;
  /** Findings by Harbor's severity: `{ Critical: 5, Negligible: 2 }`. */
  readonly counts: Readonly<Record<string, number>>;
  /** 100 once all children of an index are scanned. */
  readonly completePercent?: number;
  readonly scanner?: { readonly name: string; readonly vendor: string; readonly version: string };
}

/** The supported report types, best first: the header `X-Accept-Vulnerabilities`. Without a match Harbor sends no report. */
export const REPORT_TYPES = [
  'application/vnd.security.vulnerability.report; version=1.1',
  'application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0',
] as const;

const text = z
  .string()
  .nullish()
  .transform((value) => value || undefined);

const overviewSchema = z.looseObject({
  scan_status: z.string(),
  report_id: text,
  severity: text,
  start_time: text,
  end_time: text,
  complete_percent: z.number().nullish(),
  summary: z
    .looseObject({
      total: z.number().nullish(),
      fixable: z.number().nullish(),
      summary: z.record(z.string(), z.number()).nullish(),
    })
    .nullish(),
  scanner: z.looseObject({ name: text, vendor: text, version: text }).nullish(),
});

/** `scan_overview` of an artifact: one summary for each type of report. */
export const scanOverviewSchema = z.record(z.string(), overviewSchema.nullish()).nullish();

/** The summary of the best report type; undefined when Harbor sends none of the supported types. */
export function readScanOverview(value: z.infer<typeof scanOverviewSchema>): ScanOverview | undefined {
  const type = REPORT_TYPES.find((candidate) => value?.[candidate] != null);
  const overview = type === undefined ? undefined : value?.[type];
  if (overview == null) return undefined;
  const { report_id, severity, summary, scanner } = overview;
  const started = realTime(overview.start_time);
  const finished = realTime(overview.end_time);
  return {
    status: overview.scan_status,
    ...(report_id === undefined ? {} : { reportId: report_id }),
    ...(severity === undefined ? {} : { severity }),
    ...(started === undefined ? {} : { started }),
    ...(finished === undefined ? {} : { finished }),
    ...(summary?.total == null ? {} : { total: summary.total }),
    ...(summary?.fixable == null ? {} : { fixable: summary.fixable }),
    counts: summary?.summary ?? {},
    ...(overview.complete_percent == null ? {} : { completePercent: overview.complete_percent }),
    ...(scanner == null
      ? {}
      : { scanner: { name: scanner.name ?? '', vendor: scanner.vendor ?? '', version: scanner.version ?? '' } }),
  };
}

/** A time, or undefined for Go's zero time, which means that there is none. */
export function realTime(value: string | null | undefined): string | undefined {
  return value == null || value === '' || value.startsWith('0001-01-01') ? undefined : value;
}
