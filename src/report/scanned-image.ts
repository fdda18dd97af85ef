import { isScanned, type ScanState } from '../model/enums.ts';
import type { ImageScan, ScanReport } from '../model/scan-report.ts';
import { noCounts } from '../model/severity-counts.ts';

/** An image as a report names it. */
export interface ScannedImage {
  readonly report: ScanReport;
  readonly scan: ImageScan;
  /** `axion/api:1.4 linux/amd64`; by its digest when it has no tag. */
  readonly name: string;
  /** {@link ScannedImage.name} without the platform. */
  readonly artifact: string;
}

/** Whether the scan has a result, so that the findings are known. */
export function hasResult({ state }: { readonly state: ScanState }): boolean {
  return isScanned(state);
}

/** Every image of the reports. An artifact without known images is listed as one image without a result. */
export function scannedImages(
  reports: readonly ScanReport[],
  nameOf: (report: ScanReport) => string = artifactName,
): ScannedImage[] {
  return reports.flatMap((report) => {
    const artifact = nameOf(report);
    const scans = report.images.length === 0 ? [unknownImage(report)] : report.images;
    return scans.map((scan) => ({
      report,
      scan,
      artifact,
      name: scan.platform === '' ? artifact : `${artifact} ${scan.platform}`,
    }));
  });
}

function artifactName({ repository, tags, digest }: ScanReport): string {
  const [tag] = tags;
  return tag === undefined ? `${repository}@${digest.slice(0, 19)}` : `${repository}:${tag}`;
}

function unknownImage({ digest, state }: ScanReport): ImageScan {
  return {
    platform: '',
    digest,
    state: hasResult({ state }) ? 'not-scanned' : state,
    reason: 'no image of it is known',
    counts: noCounts(),
    fixable: 0,
    findings: [],
  };
}
