import { isScanned } from '../../model/enums.ts';
import type { ReleasedPlatform, ReleasedService } from '../../model/release.ts';
import { worstCounts } from '../../model/severity-counts.ts';
import type { Verdict } from '../../model/verdict.ts';
import type { GateImage } from './image.ts';

/** What was evaluated. */
export interface Evaluated {
  readonly images: readonly GateImage[];
  readonly verdict: Verdict;
}

/** What a record says about an image that was evaluated: its platforms with their reports, and the verdict. */
export function recordedVerdict(
  { repository, platforms }: Pick<ReleasedService, 'repository' | 'platforms'>,
  evaluated: Evaluated | undefined,
): Pick<ReleasedService, 'platforms' | 'verdict'> {
  const verdict = evaluated?.verdict.images.find((each) => each.repository === repository);
  const report = evaluated?.images.find((each) => each.report?.repository === repository)?.report;
  return {
    platforms: platforms.map(({ platform, digest }): ReleasedPlatform => {
      const scan = report?.images.find((each) => each.digest === digest);
      if (scan === undefined || !isScanned(scan.state)) return { platform, digest };
      const { reportId, finished } = scan;
      return {
        platform,
        digest,
        report: {
          ...(reportId === undefined ? {} : { id: reportId }),
          ...(finished === undefined ? {} : { finished }),
        },
      };
    }),
    ...(verdict === undefined ? {} : { verdict: { outcome: verdict.outcome, counts: worstCounts(verdict.platforms) } }),
  };
}
