import { FINDING_SEVERITIES } from '../../model/enums.ts';
import type { Finding, ImageScan } from '../../model/scan-report.ts';
import type { AllowedFinding, AppliedPolicy, EvaluatedFinding, ImageVerdict } from '../../model/verdict.ts';
import type { Allowances } from './allowances.ts';

/** What the findings of one artifact are evaluated with. */
export interface EvaluationContext {
  readonly policy: AppliedPolicy;
  readonly allowances: Allowances;
}

type EvaluatedFindings = Pick<
  ImageVerdict,
  'rejecting' | 'allowed' | 'unknownPassed' | 'unfixedPassed' | 'statusPassed'
>;

/** Sorts the findings of an artifact's images by their effect on the verdict. */
export function evaluateFindings(
  scans: readonly ImageScan[],
  { policy, allowances }: EvaluationContext,
): EvaluatedFindings {
  const rejecting: EvaluatedFinding[] = [];
  const allowed: AllowedFinding[] = [];
  let unknownPassed = 0;
  let unfixedPassed = 0;
  let statusPassed = 0;
  for (const { finding, platforms } of findDistinct(scans, { policy, allowances })) {
    if (!reaches(finding, policy)) unknownPassed++;
    else if (isUnfixed(finding, policy)) unfixedPassed++;
    else if (hasIgnoredStatus(finding, policy)) statusPassed++;
    else {
      const allowance = allowances.find(finding.id);
      if (allowance === undefined) rejecting.push(describe(finding, platforms));
      else {
        const { reason, until } = allowance;
        allowed.push({ ...describe(finding, platforms), reason, ...(until === undefined ? {} : { until }) });
      }
    }
  }
  return { rejecting, allowed, unknownPassed, unfixedPassed, statusPassed };
}

interface FoundOn {
  readonly finding: Finding;
  readonly platforms: readonly string[];
}

/**
 * The findings that the verdict mentions, each once with all its platforms, worst first. Equal findings are found by sorting: a map
 * with a key for each of hundreds of thousands of findings would need more memory than the findings.
 */
function* findDistinct(scans: readonly ImageScan[], { policy, allowances }: EvaluationContext): Generator<FoundOn> {
  const found: FoundOn[] = [];
  for (const { platform, findings } of scans) {
    const platforms = [platform];
    for (const finding of findings) {
      allowances.record(finding.id);
      if (reaches(finding, policy) || finding.severity === 'unknown') found.push({ finding, platforms });
    }
  }
  found.sort((a, b) => worstFirst(a.finding, b.finding));
  let last: FoundOn | undefined;
  for (const next of found) {
    if (last === undefined) last = next;
    else if (worstFirst(last.finding, next.finding) === 0) last = { ...last, platforms: union(last, next) };
    else {
      yield last;
      last = next;
    }
  }
  if (last !== undefined) yield last;
}

function union({ platforms }: FoundOn, other: FoundOn): readonly string[] {
  const more = other.platforms.filter((platform) => !platforms.includes(platform));
  return more.length === 0 ? platforms : [...platforms, ...more];
}

/** Whether a finding reaches the threshold of the policy, before fixes and the allow-list are considered. */
function reaches({ severity }: Finding, { failOn, unknown }: AppliedPolicy): boolean {
  // The policy has no threshold below low, so a negligible finding never reaches it.
  if (failOn === 'none' || severity === 'negligible') return false;
  if (severity === 'unknown') return unknown === 'fail';
  return FINDING_SEVERITIES.indexOf(severity) <= FINDING_SEVERITIES.indexOf(failOn);
}

function isUnfixed({ fixVersion }: Finding, { ignoreUnfixed }: AppliedPolicy): boolean {
  return ignoreUnfixed && fixVersion === undefined;
}

/** A finding with a fix has no status that can be ignored, whatever the scanner says. */
function hasIgnoredStatus({ fixVersion, status }: Finding, { ignoreStatus }: AppliedPolicy): boolean {
  return fixVersion === undefined && ignoreStatus.some((ignored) => ignored === status);
}

function describe(
  { id, severity, package: name, version, fixVersion, status }: Finding,
  platforms: readonly string[],
): EvaluatedFinding {
  return {
    id,
    severity,
    package: name,
    version,
    ...(fixVersion === undefined ? {} : { fixVersion }),
    ...(status === undefined ? {} : { status }),
    platforms,
  };
}

/** Returns 0 for the same finding on different platforms. */
function worstFirst(a: Finding, b: Finding): number {
  return (
    FINDING_SEVERITIES.indexOf(a.severity) - FINDING_SEVERITIES.indexOf(b.severity) ||
    compare(a.package, b.package) ||
    compare(a.id, b.id) ||
    compare(a.version, b.version) ||
    compare(Number(a.fixVersion !== undefined), Number(b.fixVersion !== undefined)) ||
    compare(a.fixVersion ?? '', b.fixVersion ?? '') ||
    compare(a.status ?? '', b.status ?? '')
  );
}

function compare<T extends string | number>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
