import { FINDING_SEVERITIES, type Finding, type ImageScan } from '../../scan-report.ts';
import type { AllowedFinding, AppliedPolicy, ImageVerdict, JudgedFinding } from '../../verdict.ts';
import type { Allowances } from './allowances.ts';

/** What the images of one artifact are judged by. */
export interface Judging {
  readonly policy: AppliedPolicy;
  readonly allowances: Allowances;
}

type JudgedFindings = Pick<ImageVerdict, 'rejecting' | 'allowed' | 'unknownPassed' | 'unfixedPassed'>;

/** Sorts the findings of an artifact's images by what a policy says of each. */
export function judgeFindings(scans: readonly ImageScan[], { policy, allowances }: Judging): JudgedFindings {
  const rejecting: JudgedFinding[] = [];
  const allowed: AllowedFinding[] = [];
  let unknownPassed = 0;
  let unfixedPassed = 0;
  for (const { finding, platforms } of findDistinct(scans, { policy, allowances })) {
    if (!reaches(finding, policy)) unknownPassed++;
    else if (isUnfixed(finding, policy)) unfixedPassed++;
    else {
      const allowance = allowances.find(finding.id);
      if (allowance === undefined) rejecting.push(describe(finding, platforms));
      else {
        const { reason, until } = allowance;
        allowed.push({ ...describe(finding, platforms), reason, ...(until === undefined ? {} : { until }) });
      }
    }
  }
  return { rejecting: rejecting.sort(worstFirst), allowed: allowed.sort(worstFirst), unknownPassed, unfixedPassed };
}

interface FoundOn {
  readonly finding: Finding;
  platforms: readonly string[];
}

/** The findings of which there is something to tell, each once, and where they are. */
function findDistinct(scans: readonly ImageScan[], { policy, allowances }: Judging): Iterable<FoundOn> {
  const found = new Map<string, FoundOn>();
  for (const { platform, findings } of scans) {
    // Hundreds of thousands may share it.
    const here = [platform];
    for (const finding of findings) {
      allowances.see(finding.id);
      if (!reaches(finding, policy) && finding.severity !== 'unknown') continue;
      const key = keyOf(finding);
      const known = found.get(key);
      if (known === undefined) found.set(key, { finding, platforms: here });
      else if (!known.platforms.includes(platform)) known.platforms = [...known.platforms, platform];
    }
  }
  return found.values();
}

/** Whether a finding would reject its image, were nothing let pass. */
function reaches({ severity }: Finding, { failOn, unknown }: AppliedPolicy): boolean {
  // What is negligible or unrated is no severity that one could ask for.
  if (failOn === 'none' || severity === 'none') return false;
  if (severity === 'unknown') return unknown === 'fail';
  return FINDING_SEVERITIES.indexOf(severity) <= FINDING_SEVERITIES.indexOf(failOn);
}

function isUnfixed({ fixVersion }: Finding, { ignoreUnfixed }: AppliedPolicy): boolean {
  return ignoreUnfixed && fixVersion === undefined;
}

/** The lengths tell where each part ends, whatever a scanner puts into them. */
function keyOf({ id, severity, package: name, version, fixVersion }: Finding): string {
  const fixed = fixVersion === undefined ? '' : ` ${fixVersion}`;
  return `${severity} ${id.length} ${name.length} ${version.length} ${id}${name}${version}${fixed}`;
}

function describe({ id, severity, package: name, version, fixVersion }: Finding, platforms: readonly string[]) {
  return { id, severity, package: name, version, ...(fixVersion === undefined ? {} : { fixVersion }), platforms };
}

function worstFirst(a: JudgedFinding, b: JudgedFinding): number {
  return (
    FINDING_SEVERITIES.indexOf(a.severity) - FINDING_SEVERITIES.indexOf(b.severity) ||
    compare(a.package, b.package) ||
    compare(a.id, b.id) ||
    compare(a.version, b.version) ||
    compare(a.fixVersion ?? '', b.fixVersion ?? '')
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
