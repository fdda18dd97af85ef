/**
 * What a scan of an artifact says: one model for Harbor's answer, the policy, and every report that is made of it.
 *
 * Every shape here is plain data, as `--json` prints it. Times are ISO 8601 in UTC.
 */

/** Worst first. `unknown`: nobody has rated it. */
export const FINDING_SEVERITIES = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'] as const;

export type FindingSeverity = (typeof FINDING_SEVERITIES)[number];

/**
 * - `clean`: scanned, and nothing found.
 * - `findings`: scanned, and something found.
 * - `not-scanned`: never scanned, or not since its report was dropped; nothing is known.
 * - `running`: a scan waits or runs; what an older one said is hidden meanwhile.
 * - `failed`: the last scan ended without a result.
 * - `scanner-down`: nothing can be known, for the scanner is missing, disabled or out of reach.
 */
export type ScanState = 'clean' | 'findings' | 'not-scanned' | 'running' | 'failed' | 'scanner-down';

/** A vulnerability in one package of an image. */
export interface Finding {
  /** `CVE-2024-3094`, `GHSA-…`, `DLA-…`. */
  readonly id: string;
  readonly severity: FindingSeverity;
  readonly package: string;
  readonly version: string;
  /** The version that mends it; absent when there is none yet. */
  readonly fixVersion?: string;
  readonly description: string;
  /** As the scanner gave them: of any scheme, not to be trusted. */
  readonly links: readonly string[];
  /** CVSS version 3, 0 to 10. */
  readonly score?: number;
  /** `CWE-190`. */
  readonly cwes: readonly string[];
}

export type SeverityCounts = Readonly<Record<FindingSeverity, number>>;

/** The scan of one image: an index has one for each of its platforms. */
export interface ImageScan {
  /** `linux/amd64`, `linux/arm/v7`. */
  readonly platform: string;
  readonly digest: string;
  readonly state: ScanState;
  /** Why there is no result, when there is none. */
  readonly reason?: string;
  readonly scanner?: { readonly name: string; readonly vendor: string; readonly version: string };
  /** Tells the report of one scan from that of the next. */
  readonly reportId?: string;
  readonly finished?: string;
  readonly counts: SeverityCounts;
  /** How many of the findings have a version that mends them. */
  readonly fixable: number;
  /** Worst first, then by package. */
  readonly findings: readonly Finding[];
}

/** The scan of an artifact, platform by platform. */
export interface ScanReport {
  /** With its project: `axion/services/api`. */
  readonly repository: string;
  readonly tags: readonly string[];
  /** Of the artifact: the index, or its one image. */
  readonly digest: string;
  /** The worst of the images' states: `scanner-down`, `failed`, `running`, `not-scanned`, `findings`, `clean`. */
  readonly state: ScanState;
  readonly images: readonly ImageScan[];
}
