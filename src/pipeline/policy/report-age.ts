import { hasErrorCode } from '../../errors.ts';
import type { HarborProject, HarborRepository } from '../../harbor/harbor.ts';
import type { ScanEvent } from '../../harbor/scan/scan-event.ts';
import { formatAge } from '../../lib/text/duration.ts';
import { formatTime } from '../../lib/text/time.ts';
import { isScanned } from '../../model/enums.ts';
import type { ImageScan } from '../../model/scan-report.ts';
import type { GateOptions } from '../options.ts';
import { type GateImage, outcomeOfError } from './image.ts';

export interface ReportAge {
  readonly maxAgeMs: number;
  /** By the clock that the reports have their times from. */
  readonly now: Date;
}

/** An image whose report is too old has no result: what was found since is not known. */
export function checkAge(image: GateImage, age: ReportAge): GateImage {
  if ('outcome' in image || image.report.images.length === 0) return image;
  const { report, service } = image;
  // A platform without a result is the more urgent problem.
  if (!report.images.every(({ state }) => isScanned(state))) return image;
  const reasons = new Set(report.images.flatMap((scan) => reasonOf(scan, age) ?? []));
  if (reasons.size === 0) return image;
  const { repository, digest } = report;
  return { service, repository, digest, outcome: 'report-too-old', reason: [...reasons].join('; '), report };
}

/** How far a clock may be off. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

function reasonOf({ finished }: ImageScan, { maxAgeMs, now }: ReportAge): string | undefined {
  const limit = `older than ${formatAge(maxAgeMs)} (deployment.scan.maxAge)`;
  if (finished === undefined) return `its report has no time, so that it may be ${limit}`;
  const age = now.getTime() - Date.parse(finished);
  if (age < -CLOCK_TOLERANCE_MS)
    return `its report of ${formatTime(finished)} is of the future, so that it may be ${limit}: a clock was wrong`;
  return age > maxAgeMs ? `its report of ${formatTime(finished)} is ${limit}` : undefined;
}

interface RenewOptions {
  readonly project: HarborProject;
  readonly rescan: GateOptions['rescan'];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly emit: (reference: string, event: ScanEvent) => void;
}

interface RenewableImage {
  readonly repository: HarborRepository;
  readonly reference: string;
  readonly digest: string;
}

/**
 * Scans the images with an old report again. A scan hides the old report while it runs. Where the project prevents pulls of images
 * without one, they are scanned one at a time, and one whose report has nothing to reject only on request.
 */
export async function renewReports(
  images: readonly GateImage[],
  targets: readonly RenewableImage[],
  options: RenewOptions,
): Promise<readonly GateImage[]> {
  const isOld = (image: GateImage) => 'outcome' in image && image.outcome === 'report-too-old';
  if (options.rescan === undefined || !images.some(isOld)) return images;
  const { preventVulnerable } = await options.project.get({ signal: options.signal }).catch(unlessForbidden);
  const problem = preventVulnerable ? await options.project.scannerProblem({ signal: options.signal }) : undefined;
  const renewed: GateImage[] = [];
  const renew = async (image: GateImage, index: number): Promise<GateImage> => {
    const target = targets[index];
    if (!isOld(image) || target === undefined) return image;
    if (problem !== undefined) return withReason(image, `not scanned again: ${problem.reason}`);
    return preventVulnerable && options.rescan !== 'force' && !hasFindings(image)
      ? withReason(image, 'not scanned again, because nodes could not pull it meanwhile: --rescan=force')
      : scanAgain(image, target, options);
  };
  if (!preventVulnerable) return Promise.all(images.map(renew));
  for (const [index, image] of images.entries()) renewed.push(await renew(image, index));
  return renewed;
}

/** Without the permission to read the project, pulls may be prevented. */
function unlessForbidden(error: unknown): { readonly preventVulnerable: boolean } {
  if (hasErrorCode(error, 'REGISTRY_FORBIDDEN')) return { preventVulnerable: true };
  throw error;
}

function hasFindings({ report }: GateImage): boolean {
  return report?.images.some(({ state }) => state === 'findings') === true;
}

function withReason(image: GateImage, more: string): GateImage {
  return 'outcome' in image ? { ...image, reason: `${image.reason}; ${more}` } : image;
}

async function scanAgain(
  image: GateImage,
  { repository, reference, digest }: RenewableImage,
  { timeoutMs, signal, emit }: RenewOptions,
): Promise<GateImage> {
  try {
    const scan = repository.scan(digest, { timeoutMs, trigger: 'always', signal });
    for await (const event of scan) emit(reference, event);
    return { service: image.service, report: await scan.result };
  } catch (error) {
    const outcome = outcomeOfError(error);
    if (outcome === undefined || !('outcome' in image)) throw error;
    return { ...image, ...outcome };
  }
}
