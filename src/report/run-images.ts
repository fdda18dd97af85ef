import type { PipelineImage, PipelineReport } from '../model/pipeline-run.ts';
import type { ScanReport } from '../model/scan-report.ts';
import type { ImageVerdict } from '../model/verdict.ts';
import { hasResult, type ScannedImage, scannedImages } from './scanned-image.ts';

/** An image of a run with its scan and its verdict. */
export interface RunImage {
  readonly image: PipelineImage;
  /** Its service; the repository of a package with a single image. */
  readonly name: string;
  readonly scan?: ScanReport;
  readonly verdict?: ImageVerdict;
  /** Its public tag was moved to end the promotion of an earlier run. */
  readonly isRecovered: boolean;
  /** Its platforms as the page lists them; empty when it was not scanned. */
  readonly scanned: readonly ScannedImage[];
}

/** Whether the gate decided on an image; true when the gate did not run. */
export function isDecided(verdict: ImageVerdict | undefined): boolean {
  return verdict === undefined || verdict.outcome === 'passed' || verdict.outcome === 'rejected';
}

/** The images of a run. Scans are named by service, because the tag of the scan is a staging tag. */
export function runImages({ run, scans }: PipelineReport): RunImage[] {
  const recovered = new Set(run.recovered.flatMap(({ references }) => references));
  return run.images.map((image) => {
    const name = image.service ?? image.repository;
    const scan = scans.find(({ repository }) => repository === image.repository);
    const verdict = run.verdict?.images.find(({ repository }) => repository === image.repository);
    const scanned = scan === undefined ? [] : scannedImages([scan], () => name);
    return {
      image,
      name,
      isRecovered: image.tags.some(({ reference }) => recovered.has(reference)),
      ...(scan === undefined ? {} : { scan }),
      ...(verdict === undefined ? {} : { verdict }),
      scanned: scanned.map((one) => withReason(one, verdict?.reason)),
    };
  });
}

function withReason(image: ScannedImage, reason: string | undefined): ScannedImage {
  if (reason === undefined || image.scan.reason !== undefined || hasResult(image.scan)) return image;
  return { ...image, scan: { ...image.scan, reason } };
}
