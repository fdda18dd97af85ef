import type { ScanPolicy } from '../../config/package.ts';
import { GATE_OUTCOMES, type GateOutcome } from '../../model/enums.ts';
import type { ImageScan, ScanReport } from '../../model/scan-report.ts';
import type { ImageVerdict, PlatformVerdict, Verdict } from '../../model/verdict.ts';
import { readAllowances } from './allowances.ts';
import { type EvaluationContext, evaluateFindings } from './evaluate-findings.ts';
import type { GateImage, UnscannedGateImage } from './image.ts';

/**
 * Evaluates a policy on images: may all of them be released?
 *
 * An image passes only when all its platforms were scanned. Without any image, the verdict is not `passed`. The order of findings
 * does not matter.
 *
 * @param now its day, in UTC, decides which allow-list entries have expired
 */
export function evaluatePolicy(
  policy: Omit<ScanPolicy, 'timeoutMs' | 'maxAgeMs'>,
  images: readonly GateImage[],
  now: Date,
): Verdict {
  const day = now.toISOString().slice(0, 10);
  const allowances = readAllowances(policy.allow, day);
  const { failOn, ignoreUnfixed, ignoreStatus, unknown, requirePackages } = policy;
  const applied = { failOn, ignoreUnfixed, ignoreStatus: [...ignoreStatus], unknown, requirePackages };
  const verdicts = images.map((image) => evaluateImage(image, { policy: applied, allowances }));
  return {
    outcome: worstOutcome(verdicts.map(({ outcome }) => outcome)),
    policy: applied,
    day,
    images: verdicts,
    expired: allowances.expired(),
    // An image that was not scanned may have the finding that an entry is for.
    unused: verdicts.every(({ outcome }) => outcome === 'passed' || outcome === 'rejected') ? allowances.unused() : [],
  };
}

/** The verdict on one image. It lists the findings also when a platform was not scanned. */
function evaluateImage(image: GateImage, context: EvaluationContext): ImageVerdict {
  const { report } = image;
  const findings = evaluateFindings(report?.images ?? [], context);
  const platforms = report === undefined ? [] : evaluatePlatforms(report);
  const { outcome, reason } = isUnscanned(image)
    ? image
    : decide(platforms, {
        rejects: findings.rejecting.length > 0,
        refusals: [
          ...(image.refusal === undefined ? [] : [image.refusal]),
          ...(context.policy.requirePackages ? textsOf(platforms, unexamined) : []),
        ],
      });
  const { repository, digest } = isUnscanned(image) ? image : image.report;
  return {
    repository,
    ...(image.service === undefined ? {} : { service: image.service }),
    digest,
    outcome,
    ...(reason === undefined ? {} : { reason }),
    notes: notesOn(platforms),
    platforms: platforms.map(({ scan }) => platformVerdict(scan, outcome)),
    ...findings,
  };
}

/** The worst outcome; `not-scanned` when there is none. */
function worstOutcome(outcomes: readonly GateOutcome[]): GateOutcome {
  return GATE_OUTCOMES.find((outcome) => outcomes.includes(outcome)) ?? 'not-scanned';
}

interface EvaluatedPlatform {
  readonly scan: ImageScan;
  /** `passed` means scanned: the findings of all platforms are evaluated together. */
  readonly outcome: GateOutcome;
  readonly reason?: string;
}

function isUnscanned(image: GateImage): image is UnscannedGateImage {
  return 'outcome' in image;
}

function evaluatePlatforms({ images }: ScanReport): EvaluatedPlatform[] {
  return images.map((scan) => ({ scan, ...evaluateScan(scan) }));
}

function evaluateScan(scan: ImageScan): Omit<EvaluatedPlatform, 'scan'> {
  const withReason = (reason: string): { readonly reason: string } => ({ reason: scan.reason ?? reason });
  switch (scan.state) {
    case 'clean':
    case 'empty':
    case 'findings':
      return isComplete(scan)
        ? { outcome: 'passed' }
        : { outcome: 'scan-failed', reason: 'its report counts more findings than it lists' };
    case 'not-scanned':
      return { outcome: 'not-scanned', ...withReason('it was never scanned') };
    case 'unsupported':
      return { outcome: 'not-scanned', ...withReason('no scanner can scan it') };
    case 'running':
      return { outcome: 'not-scanned', ...withReason('a scan is queued or running') };
    case 'failed':
      return { outcome: 'scan-failed', ...withReason('the scan ended without a result') };
    case 'scanner-down':
      return { outcome: 'scanner-down', ...withReason('the scanner is missing or down') };
  }
}

/** Whether a scan lists all findings that it counts. A missing one might reject the image. */
function isComplete({ state, counts, findings }: ImageScan): boolean {
  const counted = Object.values(counts).reduce((sum, each) => sum + each, 0);
  return findings.length >= Math.max(counted, state === 'findings' ? 1 : 0);
}

function decide(
  platforms: readonly EvaluatedPlatform[],
  { rejects, refusals }: { readonly rejects: boolean; readonly refusals: readonly string[] },
): { readonly outcome: GateOutcome; readonly reason?: string } {
  if (platforms.length === 0) return { outcome: 'not-scanned', reason: 'it contains no image that can be scanned' };
  const outcome = worstOutcome([
    ...platforms.map((platform) => platform.outcome),
    rejects || refusals.length > 0 ? 'rejected' : 'passed',
  ]);
  if (outcome === 'rejected') return { outcome, ...(refusals.length === 0 ? {} : { reason: refusals.join('; ') }) };
  return outcome === 'passed' ? { outcome } : { outcome, reason: reasonOf(platforms, outcome) };
}

/** The reasons for an outcome. */
function reasonOf(platforms: readonly EvaluatedPlatform[], outcome: GateOutcome): string {
  return textsOf(platforms, (platform) => (platform.outcome === outcome ? (platform.reason ?? '') : undefined)).join(
    '; ',
  );
}

function notesOn(platforms: readonly EvaluatedPlatform[]): string[] {
  return [...textsOf(platforms, ({ scan }) => scan.note), ...textsOf(platforms, unexamined)];
}

/** Why the missing findings of an image say little; undefined for an image with findings, or with packages. */
function unexamined({ scan: { state, packages } }: EvaluatedPlatform): string | undefined {
  if (state === 'empty') return 'the scanner found no packages in it: there was nothing to examine';
  if (state !== 'clean' || packages !== undefined) return undefined;
  return 'no findings, and Harbor has no SBOM that says whether the scanner found any packages in it';
}

/** The texts about platforms, each once. It names its platforms unless it is about all. */
function textsOf(
  platforms: readonly EvaluatedPlatform[],
  textOf: (platform: EvaluatedPlatform) => string | undefined,
): string[] {
  const byText = new Map<string, string[]>();
  for (const platform of platforms) {
    const text = textOf(platform);
    if (text !== undefined) byText.set(text, [...(byText.get(text) ?? []), platform.scan.platform]);
  }
  return [...byText].map(([text, named]) =>
    named.length === platforms.length ? text : `${named.join(', ')}: ${text}`,
  );
}

function platformVerdict(
  { platform, digest, state, counts, finished, packages }: ImageScan,
  outcome: GateOutcome,
): PlatformVerdict {
  const isOpen = state === 'running' || state === 'not-scanned';
  return {
    platform,
    digest,
    state: outcome === 'timed-out' && isOpen ? 'timed-out' : state,
    ...(finished === undefined ? {} : { finished }),
    ...(packages === undefined ? {} : { packages }),
    counts,
  };
}
