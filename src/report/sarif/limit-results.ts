import { count, formatNumber } from '../../lib/text/words.ts';
import type { FindingSeverity } from '../../model/enums.ts';
import type { Finding } from '../../model/scan-report.ts';
import type { GateMarks } from '../gate-marks.ts';
import type { ScannedImage } from '../scanned-image.ts';

/**
 * GitHub's code scanning takes no file with more results in a run.
 *
 * @see https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit
 */
const MAX_RESULTS = 25_000;

/** The worst first. A severity that is not known may be any. */
const ORDER: readonly FindingSeverity[] = ['critical', 'high', 'medium', 'unknown', 'low', 'negligible'];

export interface LimitedResults {
  readonly images: readonly ScannedImage[];
  /** How many findings are left out, as a sentence; undefined when all are there. */
  readonly omission?: string;
}

/**
 * The images with as many of their findings as a code host takes: rejecting ones first, then the worst, allowed ones last. Not
 * as several runs, because a code host reads those as several analyses that replace each other.
 */
export function limitResults(images: readonly ScannedImage[], marks?: GateMarks): LimitedResults {
  const total = images.reduce((sum, { scan }) => sum + scan.findings.length, 0);
  if (total <= MAX_RESULTS) return { images };
  const rank = rankWith(marks);
  const room = roomOfRanks(images, rank);
  const hasRoom = (finding: Finding): boolean => {
    const left = room.get(rank(finding)) ?? 0;
    room.set(rank(finding), left - 1);
    return left > 0;
  };
  return {
    images: images.map((image) => ({
      ...image,
      scan: { ...image.scan, findings: image.scan.findings.filter(hasRoom) },
    })),
    omission: `the images have ${count(total, 'finding')}, and a code host takes ${formatNumber(MAX_RESULTS)}: the ${formatNumber(total - MAX_RESULTS)} least severe are left out`,
  };
}

/** How many findings of each rank are kept. */
function roomOfRanks(images: readonly ScannedImage[], rank: (finding: Finding) => number): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { scan } of images) {
    for (const finding of scan.findings) counts.set(rank(finding), (counts.get(rank(finding)) ?? 0) + 1);
  }
  let room = MAX_RESULTS;
  const kept = new Map<number, number>();
  for (const [worst, number] of [...counts].sort(([a], [b]) => a - b)) {
    kept.set(worst, Math.min(number, room));
    room -= Math.min(number, room);
  }
  return kept;
}

function rankWith(marks: GateMarks | undefined): (finding: Finding) => number {
  return (finding) => {
    const mark = marks?.(finding);
    if (mark === undefined) return 1 + ORDER.indexOf(finding.severity);
    return mark === 'rejects' ? 0 : ORDER.length + 1;
  };
}
