import type { ImageScan, ScanReport } from '../../model/scan-report.ts';
import type { GateOutcome, ImageVerdict, PlatformVerdict } from '../../model/verdict.ts';
import { type EvaluationContext, evaluateFindings } from './evaluate-findings.ts';
import type { GateImage, UnscannedGateImage } from './image.ts';
import { worstOutcome } from './worst-outcome.ts';

/** What a policy says of one image. Its findings are told also where they do not decide, for a platform was not scanned. */
export function evaluateImage(subject: GateImage, judging: EvaluationContext): ImageVerdict {
  const { report } = subject;
  const findings = evaluateFindings(report?.images ?? [], judging);
  const known = report === undefined ? [] : evaluatePlatforms(report);
  const { outcome, reason } = isUnscanned(subject)
    ? subject
    : decide(known, { rejects: findings.rejecting.length > 0, refusal: subject.refusal });
  const { repository, digest } = isUnscanned(subject) ? subject : subject.report;
  return {
    repository,
    ...(subject.service === undefined ? {} : { service: subject.service }),
    digest,
    outcome,
    ...(reason === undefined ? {} : { reason }),
    platforms: known.map(({ scan }) => platformVerdict(scan, outcome)),
    ...findings,
  };
}

interface EvaluatedPlatform {
  readonly scan: ImageScan;
  /** `passed` where it was scanned: what it has is judged with that of the others. */
  readonly outcome: GateOutcome;
  readonly reason?: string;
}

function isUnscanned(subject: GateImage): subject is UnscannedGateImage {
  return 'outcome' in subject;
}

function evaluatePlatforms({ images }: ScanReport): EvaluatedPlatform[] {
  return images.map((scan) => ({ scan, ...evaluateScan(scan) }));
}

function evaluateScan(scan: ImageScan): Omit<EvaluatedPlatform, 'scan'> {
  const because = (reason: string): { readonly reason: string } => ({ reason: scan.reason ?? reason });
  switch (scan.state) {
    case 'clean':
    case 'findings':
      return isWhole(scan)
        ? { outcome: 'passed' }
        : { outcome: 'scan-failed', reason: 'its report lacks findings that it counts' };
    case 'not-scanned':
      return { outcome: 'not-scanned', ...because('it was never scanned') };
    case 'running':
      return { outcome: 'not-scanned', ...because('a scan waits or runs') };
    case 'failed':
      return { outcome: 'scan-failed', ...because('the scan ended without a result') };
    case 'scanner-down':
      return { outcome: 'scanner-down', ...because('the scanner is missing or down') };
  }
}

/** Whether all is there that a scan counts: one that names less may leave out what would reject. */
function isWhole({ state, counts, findings }: ImageScan): boolean {
  const counted = Object.values(counts).reduce((sum, each) => sum + each, 0);
  return findings.length >= Math.max(counted, state === 'findings' ? 1 : 0);
}

function decide(
  platforms: readonly EvaluatedPlatform[],
  { rejects, refusal }: { readonly rejects: boolean; readonly refusal: string | undefined },
): { readonly outcome: GateOutcome; readonly reason?: string } {
  if (platforms.length === 0) return { outcome: 'not-scanned', reason: 'it holds no image that can be scanned' };
  const outcome = worstOutcome([
    ...platforms.map((platform) => platform.outcome),
    rejects || refusal !== undefined ? 'rejected' : 'passed',
  ]);
  if (outcome === 'rejected') return { outcome, ...(refusal === undefined ? {} : { reason: refusal }) };
  return outcome === 'passed' ? { outcome } : { outcome, reason: reasonOf(platforms, outcome) };
}

/** Why nothing is known, once for all platforms of which it is true; they are named unless it is true of all. */
function reasonOf(platforms: readonly EvaluatedPlatform[], outcome: GateOutcome): string {
  const byReason = new Map<string, string[]>();
  for (const { scan, reason = '', outcome: each } of platforms) {
    if (each !== outcome) continue;
    byReason.set(reason, [...(byReason.get(reason) ?? []), scan.platform]);
  }
  return [...byReason]
    .map(([reason, named]) => (named.length === platforms.length ? reason : `${named.join(', ')}: ${reason}`))
    .join('; ');
}

function platformVerdict({ platform, digest, state, counts }: ImageScan, outcome: GateOutcome): PlatformVerdict {
  const isOpen = state === 'running' || state === 'not-scanned';
  return { platform, digest, state: outcome === 'timed-out' && isOpen ? 'timed-out' : state, counts };
}
