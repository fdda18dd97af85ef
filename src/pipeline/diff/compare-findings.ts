import { FINDING_SEVERITIES, type FindingSeverity } from '../../model/enums.ts';
import type { ComparedFinding } from '../../model/release-diff.ts';
import type { Finding, ImageScan } from '../../model/scan-report.ts';

/** The findings of a service, and of a package as far as its services are known. */
export interface FindingChanges {
  readonly new: readonly ComparedFinding[];
  readonly fixed: readonly ComparedFinding[];
  readonly remaining: readonly ComparedFinding[];
}

/** A finding while its details are collected. */
interface Collected {
  readonly id: string;
  readonly package: string;
  severity: FindingSeverity;
  readonly versions: Set<string>;
  readonly fixVersions: Set<string>;
  readonly platforms: Set<string>;
  readonly services: Set<string>;
}

type Findings = ReadonlyMap<string, Collected>;

/**
 * Compares the findings of a service's two images. A finding is the same in both when it is the same vulnerability in the same
 * package: another version of the package is no other finding. Found on several platforms, it counts once.
 *
 * The scans must all have a result: of an image whose findings are not known, nothing is new and nothing is fixed.
 */
export function compareFindings(service: string, from: readonly ImageScan[], to: readonly ImageScan[]): FindingChanges {
  const before = collect(service, from);
  const after = collect(service, to);
  return {
    new: sorted([...after].filter(([key]) => !before.has(key))),
    fixed: sorted([...before].filter(([key]) => !after.has(key))),
    remaining: sorted([...after].filter(([key]) => before.has(key))),
  };
}

/** Joins equal findings of several services into one, with the names of all. */
export function joinFindings(lists: readonly (readonly ComparedFinding[])[]): readonly ComparedFinding[] {
  const found = new Map<string, Collected>();
  for (const finding of lists.flat()) add(found, finding);
  return sorted([...found]);
}

function collect(service: string, scans: readonly ImageScan[]): Findings {
  const found = new Map<string, Collected>();
  for (const { platform, findings } of scans) {
    for (const finding of findings) add(found, oneFinding(finding, platform, service));
  }
  return found;
}

function oneFinding(finding: Finding, platform: string, service: string): ComparedFinding {
  const { id, severity, package: name, version, fixVersion } = finding;
  return {
    id,
    severity,
    package: name,
    versions: [version],
    fixVersions: fixVersion === undefined ? [] : [fixVersion],
    platforms: [platform],
    services: [service],
  };
}

function add(found: Map<string, Collected>, finding: ComparedFinding): void {
  const { id, severity, package: name } = finding;
  const key = `${id}\0${name}`;
  let known = found.get(key);
  if (known === undefined) {
    known = {
      id,
      package: name,
      severity,
      versions: new Set(),
      fixVersions: new Set(),
      platforms: new Set(),
      services: new Set(),
    };
    found.set(key, known);
  }
  if (rank(severity) < rank(known.severity)) known.severity = severity;
  for (const list of ['versions', 'fixVersions', 'platforms', 'services'] as const)
    for (const text of finding[list]) known[list].add(text);
}

function sorted(found: readonly (readonly [string, Collected])[]): readonly ComparedFinding[] {
  return found
    .map(([, { id, severity, package: name, versions, fixVersions, platforms, services }]) => ({
      id,
      severity,
      package: name,
      versions: [...versions].sort(),
      fixVersions: [...fixVersions].sort(),
      platforms: [...platforms].sort(),
      services: [...services].sort(),
    }))
    .sort((a, b) => rank(a.severity) - rank(b.severity) || compare(a.package, b.package) || compare(a.id, b.id));
}

function rank(severity: FindingSeverity): number {
  return FINDING_SEVERITIES.indexOf(severity);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
