import type { RequestOptions } from '../../lib/http/request-options.ts';
import { pause } from '../../lib/poll.ts';
import type { ScanSummary } from '../../model/harbor.ts';
import type { ImageScan, ScanReport } from '../../model/scan-report.ts';
import { countFindings } from '../../model/severity-counts.ts';
import { type Artifact, getArtifact } from '../artifacts/artifacts.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import { type ArtifactRef, isDigest, type RepositoryRef } from '../refs.ts';
import { countPackages } from '../sbom/count-packages.ts';
import type { SbomOverview } from '../sbom/overview.ts';
import { getFindings, type ScanFindings } from './findings.ts';
import {
  findScannableArtifact,
  IMAGE_TYPE,
  type ScannableArtifact,
  type ScannableImage,
  unsupportedReason,
} from './images.ts';
import type { ScanOverview } from './overview.ts';
import { findScannerProblem } from './scanner.ts';
import { summarize, worstState } from './state.ts';

export interface ReadScanOptions extends RequestOptions {
  /** How long to wait before reading a state again that may be temporary, in milliseconds. @default 1000 */
  readonly settleMs?: number | undefined;
  /**
   * How long to wait for the SBOM of an image without findings while Harbor generates it, in milliseconds. Only the SBOM tells
   * whether there was anything to examine. @default 0
   */
  readonly sbomWaitMs?: number | undefined;
  /** The artifact, when it was read a moment ago: one request less. */
  readonly artifact?: Artifact | undefined;
}

/**
 * Reads the latest scan of each platform of an artifact. Starts no scan and waits for none.
 *
 * Ignores the overview of an index: it is Success when a single platform was scanned (measured).
 *
 * @throws {ObjDockerError} REGISTRY_FORBIDDEN without the permission to read findings
 */
export async function readScanReport(
  api: HarborApi,
  ref: ArtifactRef,
  options: ReadScanOptions = {},
): Promise<ScanReport> {
  const artifact = await findScannableArtifact(api, ref, options);
  // What was read by its digest need not be read again when it is the image itself.
  const settings = { ...options, artifact: isDigest(ref.reference) ? artifact.artifact : undefined };
  const images = await Promise.all(artifact.images.map((image) => readImageScan(api, ref, image, settings)));
  return toReport(ref, artifact, images);
}

/** Combines the scans of an artifact's images. */
export function toReport(
  ref: RepositoryRef,
  { artifact }: ScannableArtifact,
  images: readonly ImageScan[],
): ScanReport {
  return {
    repository: `${ref.project}/${ref.repository}`,
    tags: artifact.tags.map(({ name }) => name),
    digest: artifact.digest,
    state: worstState(images.map(({ state }) => state)),
    images,
  };
}

/** Reads the latest scan of one image. */
export async function readImageScan(
  api: HarborApi,
  ref: RepositoryRef,
  image: ScannableImage,
  { artifact, ...options }: ReadScanOptions = {},
): Promise<ImageScan> {
  const at = { ...ref, reference: image.digest };
  const known = artifact?.digest === image.digest ? artifact : undefined;
  for (let look = 1; ; look++) {
    const found = (look === 1 ? known : undefined) ?? (await getArtifact(api, at, options));
    const { scanOverview, sbomOverview, type } = found;
    if (scanOverview === undefined) return readHiddenScan(api, ref, { image, type }, options);
    const summary = summarize(scanOverview);
    if (summary.state === 'clean' || summary.state === 'findings') {
      const report = await getFindings(api, at, options);
      // A report without the findings that its own summary counts is not clean.
      const lacking = typeof report === 'object' && report.findings.length === 0 && (scanOverview.total ?? 0) > 0;
      if (typeof report === 'object' && !lacking)
        return withPackages(api, ref, { scan: withFindings(image, scanOverview, report), sbomOverview }, options);
    }
    if (summary.state === 'running') return describe(image, scanOverview, summary);
    // Harbor may report Error before the scan task exists, and no report while the next scan begins.
    if (look === 2) {
      if (summary.state !== 'failed')
        return explainUnreadable(api, ref, describe(image, scanOverview, summary), options);
      return { ...describe(image, scanOverview, summary), reason: failureReason(scanOverview) };
    }
    await pause(options.settleMs ?? 1_000, options.signal);
  }
}

function withFindings(image: ScannableImage, overview: ScanOverview | undefined, report: ScanFindings): ImageScan {
  const { findings, generated, scanner = overview?.scanner } = report;
  const state = findings.length > 0 ? 'findings' : 'clean';
  const finished = overview?.finished ?? generated;
  return {
    ...describe(image, overview, { state, ...countFindings(findings) }),
    ...(scanner === undefined ? {} : { scanner }),
    ...(finished === undefined ? {} : { finished }),
    findings,
  };
}

/** Adds to an image without findings how many packages it has. Without any, it is not clean: there was nothing to examine. */
async function withPackages(
  api: HarborApi,
  ref: RepositoryRef,
  { scan, sbomOverview: known }: { readonly scan: ImageScan; readonly sbomOverview: SbomOverview | undefined },
  { settleMs: _, sbomWaitMs = 0, ...options }: ReadScanOptions,
): Promise<ImageScan> {
  if (scan.state !== 'clean') return scan;
  const packages = await countPackages(
    api,
    { ...ref, reference: scan.digest },
    { ...options, waitMs: sbomWaitMs, known },
  );
  if (packages === undefined) return scan;
  return { ...scan, state: packages === 0 ? 'empty' : 'clean', packages };
}

/** Why a scan ended without a result. */
function failureReason({ status, reportId }: ScanOverview): string {
  if (status === 'Stopped') return 'the scan was stopped';
  return `the scan failed; Harbor has its log${reportId === undefined ? '' : ` (report ${reportId})`}`;
}

/** The scan of one image, without findings. */
export function describe(
  { platform, digest }: ScannableImage,
  overview: ScanOverview | undefined,
  summary: ScanSummary,
): ImageScan {
  return {
    platform,
    digest,
    state: summary.state,
    ...(overview?.scanner === undefined ? {} : { scanner: overview.scanner }),
    ...(overview?.reportId === undefined ? {} : { reportId: overview.reportId }),
    ...(overview?.finished === undefined ? {} : { finished: overview.finished }),
    counts: summary.counts,
    fixable: summary.fixable,
    findings: [],
  };
}

/**
 * Reads the scan of an image without an overview. Harbor hides all overviews while the scanner is down, and for half a minute after.
 * From 2.11 on the reports stay readable (captures 812b, 813b).
 */
async function readHiddenScan(
  api: HarborApi,
  ref: RepositoryRef,
  { image, type }: { readonly image: ScannableImage; readonly type: string },
  options: RequestOptions,
): Promise<ImageScan> {
  const scan = describe(image, undefined, summarize(undefined));
  if (type !== IMAGE_TYPE) return { ...scan, state: 'unsupported', reason: unsupportedReason(type) };
  const [problem, report] = await Promise.all([
    findScannerProblem(api, ref.project, options),
    getFindings(api, { ...ref, reference: image.digest }, options),
  ]);
  if (typeof report === 'object') {
    const why = problem?.reason ?? 'Harbor shows no summary of it: its scanner was down a moment ago';
    return { ...withFindings(image, undefined, report), note: why };
  }
  if (problem !== undefined) {
    return { ...scan, state: 'scanner-down', reason: `Harbor has no readable report of it now: ${problem.reason}` };
  }
  if (report === 'none') return { ...scan, reason: 'it was never scanned' };
  const reason = 'Harbor has no readable report of it now: its scanner is down, or was a moment ago';
  return { ...scan, state: 'scanner-down', reason };
}

async function explainUnreadable(
  api: HarborApi,
  ref: RepositoryRef,
  scan: ImageScan,
  options: RequestOptions,
): Promise<ImageScan> {
  const problem = await findScannerProblem(api, ref.project, options);
  if (problem !== undefined) return { ...scan, state: 'scanner-down', reason: problem.reason };
  return {
    ...scan,
    state: 'failed',
    reason: 'Harbor reports that the scan succeeded, but has no readable report of it',
  };
}
