import { hasErrorCode, isObjDockerError } from '../../errors.ts';
import type { HarborProject } from '../../harbor/harbor.ts';
import type { ScanEvent } from '../../harbor/scan/scan-event.ts';
import type { ReleasedService } from '../../model/release.ts';
import type { ScanReport } from '../../model/scan-report.ts';
import type { DiffOptions } from '../options.ts';
import type { GateImage } from '../policy/image.ts';
import { renewReports } from '../policy/report-age.ts';
import { repositoryOf } from '../run/open-registry.ts';
import { imageKey, type KnownImage } from './compare-releases.ts';

export interface ReadImagesOptions {
  readonly project: HarborProject;
  readonly rescan: DiffOptions['rescan'];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly emit: (reference: string, event: ScanEvent) => void;
  readonly warn: (message: string) => void;
}

/** An image of a release. */
export interface WantedImage {
  readonly service: ReleasedService;
  /** Whether its packages are compared. */
  readonly wantsSbom: boolean;
}

/**
 * Reads what Harbor knows of images: the newest scan reports, and SBOMs. With `rescan` all images are scanned again first. An
 * image that Harbor no longer has, and a report that cannot be read, are results.
 */
export async function readImages(
  images: readonly WantedImage[],
  options: ReadImagesOptions,
): Promise<ReadonlyMap<string, KnownImage>> {
  const wanted = [...new Map(images.map((image) => [imageKey(image.service), image])).values()];
  const reports = await Promise.all(wanted.map(({ service }) => readReport(service, options)));
  const renewed = await renew(wanted, reports, options);
  const known = await Promise.all(
    wanted.map(async ({ service, wantsSbom }, index): Promise<[string, KnownImage]> => {
      const report = renewed[index] ?? MISSING;
      const sboms = !wantsSbom
        ? { unknown: 'not read' }
        : 'unknown' in report
          ? report
          : await readSboms(service, options);
      return [imageKey(service), { scans: 'unknown' in report ? report : report.images, sboms }];
    }),
  );
  return new Map(known);
}

type Unknown = { readonly unknown: string };

const MISSING: Unknown = { unknown: 'its image is no longer in Harbor' };

async function readReport(
  { repository, digest }: ReleasedService,
  { project, signal }: ReadImagesOptions,
): Promise<ScanReport | Unknown> {
  try {
    return await repositoryOf(project, repository).scanReport(digest, { signal });
  } catch (error) {
    if (hasErrorCode(error, 'ARTIFACT_NOT_FOUND', 'REPOSITORY_NOT_FOUND')) return MISSING;
    throw error;
  }
}

/** Scans all images again that are there, as `gate --rescan` does those with an old report. */
async function renew(
  wanted: readonly WantedImage[],
  reports: readonly (ScanReport | Unknown)[],
  { project, rescan, timeoutMs, signal, emit, warn }: ReadImagesOptions,
): Promise<readonly (ScanReport | Unknown)[]> {
  if (rescan === undefined) return reports;
  const present = wanted.flatMap(({ service }, index) => {
    const report = reports[index];
    if (report === undefined || 'unknown' in report) return [];
    const { repository, digest } = service;
    const reason = `the report of ${repository} stays`;
    const image: GateImage = { repository, digest, outcome: 'report-too-old', reason, report };
    const target = { repository: repositoryOf(project, repository), reference: `${repository}@${digest}`, digest };
    return [{ index, report, image, target }];
  });
  const renewed = await renewReports(
    present.map(({ image }) => image),
    present.map(({ target }) => target),
    { project, rescan: rescan === 'force' ? 'force' : 'too-old', timeoutMs, signal, emit },
  );
  const result = [...reports];
  for (const [at, { index, report }] of present.entries()) {
    const image = renewed[at];
    if (image === undefined) continue;
    if (!('outcome' in image)) result[index] = image.report;
    else if (image.outcome !== 'report-too-old') result[index] = { unknown: image.reason };
    else {
      warn(image.reason);
      result[index] = report;
    }
  }
  return result;
}

async function readSboms({ repository, digest }: ReleasedService, { project, signal }: ReadImagesOptions) {
  try {
    const { images } = await repositoryOf(project, repository).sbom(digest, { signal });
    return images.map(({ platform, packages }) => ({ platform, packages }));
  } catch (error) {
    if (!isObjDockerError(error) || !hasErrorCode(error, ...WITHOUT_SBOM)) throw error;
    return { unknown: REASONS[error.code] ?? error.message };
  }
}

/** What only means that there is no SBOM to compare. */
const WITHOUT_SBOM = [
  'SBOM_NOT_FOUND',
  'SBOM_FAILED',
  'SCANNER_DOWN',
  'SCANNER_MISSING',
  'SCAN_UNSUPPORTED',
  'REGISTRY_TOO_OLD',
  'ARTIFACT_NOT_FOUND',
] as const;

const REASONS: Readonly<Record<string, string>> = {
  SBOM_NOT_FOUND: 'no SBOM',
  SBOM_FAILED: 'its SBOM could not be generated',
  SCANNER_DOWN: 'no SBOM is shown while the scanner is down',
  SCANNER_MISSING: 'no SBOM, and no scanner',
  SCAN_UNSUPPORTED: 'no SBOM',
  REGISTRY_TOO_OLD: 'Harbor has SBOMs from 2.11 on',
  ARTIFACT_NOT_FOUND: MISSING.unknown,
};
