import { formatAge } from '../../lib/text/duration.ts';
import { joinWords } from '../../lib/text/words.ts';
import { type DiffChange, isScanned } from '../../model/enums.ts';
import { SCAN_STATE_LABELS } from '../../model/labels.ts';
import type { ReleasedService, StoredRelease } from '../../model/release.ts';
import type {
  ComparedFinding,
  ComparedImage,
  ComparedPackage,
  ComparedService,
  DiffSide,
  ReleaseDiff,
} from '../../model/release-diff.ts';
import type { ImageScan } from '../../model/scan-report.ts';
import { countSeverities } from '../../model/severity-counts.ts';
import { compareFindings, type FindingChanges, joinFindings } from './compare-findings.ts';
import { type ComparedSbom, comparePackages, joinPackages } from './compare-packages.ts';

/** What Harbor knows of an image. Each part is known, or there is a reason why it is not. */
export interface KnownImage {
  readonly scans: readonly ImageScan[] | { readonly unknown: string };
  readonly sboms: readonly ComparedSbom[] | { readonly unknown: string };
}

export interface ComparedReleases {
  readonly from: StoredRelease;
  readonly to: StoredRelease;
  /** What is known of each image, by {@link imageKey}. Undefined for a registry without a scanner. */
  readonly images: ReadonlyMap<string, KnownImage> | undefined;
  /** Reports that are further apart are a warning. */
  readonly maxAgeMs: number;
}

/** The key of a service's image in {@link ComparedReleases.images}. */
export function imageKey({ repository, digest }: Pick<ReleasedService, 'repository' | 'digest'>): string {
  return `${repository}@${digest}`;
}

/** A service in both releases, or in one of them. */
export interface ServicePair {
  readonly name: string;
  readonly change: DiffChange;
  readonly from: ReleasedService | undefined;
  readonly to: ReleasedService | undefined;
}

/** The services of two releases by their names, those of the later release first. */
export function pairServices(from: StoredRelease, to: StoredRelease): readonly ServicePair[] {
  const keyOf = ({ service = '' }: ReleasedService) => service;
  const before = new Map(from.services.map((service) => [keyOf(service), service]));
  const after = new Set(to.services.map(keyOf));
  const pairs = to.services.map((service) => pair(before.get(keyOf(service)), service));
  return [...pairs, ...from.services.filter((each) => !after.has(keyOf(each))).map((each) => pair(each, undefined))];
}

function pair(from: ReleasedService | undefined, to: ReleasedService | undefined): ServicePair {
  const one = to ?? from;
  const name = one?.service ?? one?.repository ?? '';
  if (from === undefined || to === undefined) {
    return { name, change: from === undefined ? 'added' : 'removed', from, to };
  }
  return { name, change: imageKey(from) === imageKey(to) ? 'unchanged' : 'changed', from, to };
}

/** Compares two releases of a package. What is not known of one of them is never a difference. */
export function compareReleases(input: ComparedReleases): ReleaseDiff {
  const { from, to, images } = input;
  const compared = pairServices(from, to).map((each) => compareService(each, input));
  return {
    package: to.package,
    from: sideOf(from),
    to: sideOf(to),
    services: compared.map(({ service }) => service),
    findings: {
      new: joinFindings(compared.map(({ findings }) => findings?.new ?? [])),
      fixed: joinFindings(compared.map(({ findings }) => findings?.fixed ?? [])),
      remaining: joinFindings(compared.map(({ findings }) => findings?.remaining ?? [])),
    },
    packages: joinPackages(compared.map(({ packages }) => packages ?? [])),
    scanned: images !== undefined,
    warnings: reportWarnings(
      compared.map(({ service }) => service),
      input,
    ),
  };
}

interface ComparedPair {
  readonly service: ComparedService;
  readonly findings: FindingChanges | undefined;
  readonly packages: readonly ComparedPackage[] | undefined;
}

function compareService(each: ServicePair, input: ComparedReleases): ComparedPair {
  const { name, change, from, to } = each;
  const findings = findingsOf(each, input);
  const packages = packagesOf(each, input);
  const service: ComparedService = {
    name,
    change,
    ...(from === undefined ? {} : { from: imageOf(from, input.images) }),
    ...(to === undefined ? {} : { to: imageOf(to, input.images) }),
    ...(findings === undefined
      ? {}
      : 'unknown' in findings
        ? { findingsUnknown: findings.unknown }
        : { findings: countChanges(findings) }),
    ...(packages === undefined
      ? {}
      : 'unknown' in packages
        ? { packagesUnknown: packages.unknown }
        : { packages: countPackages(packages) }),
  };
  return {
    service,
    findings: findings === undefined || 'unknown' in findings ? undefined : findings,
    packages: packages === undefined || 'unknown' in packages ? undefined : packages,
  };
}

type Unknown = { readonly unknown: string };

/** Undefined for a service that was removed: its findings are gone with it, not fixed. */
function findingsOf({ name, from, to }: ServicePair, input: ComparedReleases): FindingChanges | Unknown | undefined {
  if (to === undefined) return undefined;
  if (input.images === undefined) return { unknown: 'not scanned: the registry has no scanner' };
  const before = from === undefined ? [] : scansOf(from, input.images);
  const after = scansOf(to, input.images);
  if ('unknown' in before || 'unknown' in after) return unknownIn(before, after, input);
  return compareFindings(name, before, after);
}

/** Why something is not known, in one of the releases or in both. */
function unknownIn(before: object | Unknown, after: object | Unknown, { from, to }: ComparedReleases): Unknown {
  const reasons = [
    ...('unknown' in before ? [`release ${from.number}: ${before.unknown}`] : []),
    ...('unknown' in after ? [`release ${to.number}: ${after.unknown}`] : []),
  ];
  return { unknown: reasons.join('; ') };
}

/** The scans of an image, if every platform has a result. */
function scansOf(service: ReleasedService, images: ReadonlyMap<string, KnownImage>): readonly ImageScan[] | Unknown {
  const scans = images.get(imageKey(service))?.scans ?? { unknown: 'no report' };
  if ('unknown' in scans) return scans;
  if (scans.length === 0) return { unknown: 'no image of it is known' };
  const missing = scans.filter(({ state }) => !isScanned(state));
  if (missing.length === 0) return scans;
  return { unknown: missing.map((scan) => missingText(scan, scans.length)).join('; ') };
}

function missingText({ platform, state, reason }: ImageScan, platforms: number): string {
  const why = `${SCAN_STATE_LABELS[state].toLowerCase()}${reason === undefined ? '' : ` (${reason})`}`;
  return platforms === 1 ? why : `${platform}: ${why}`;
}

/** Undefined unless the service has another image in both releases: else there is nothing to compare. */
function packagesOf(
  { name, change, from, to }: ServicePair,
  input: ComparedReleases,
): readonly ComparedPackage[] | Unknown | undefined {
  if (change !== 'changed' || from === undefined || to === undefined) return undefined;
  if (input.images === undefined) return { unknown: 'the registry has no SBOMs' };
  const known = (service: ReleasedService) => input.images?.get(imageKey(service))?.sboms ?? { unknown: 'no SBOM' };
  const [before, after] = [known(from), known(to)];
  if ('unknown' in before || 'unknown' in after) return unknownIn(before, after, input);
  return comparePackages(name, before, after) ?? { unknown: 'the images have no platform in common' };
}

function imageOf(service: ReleasedService, images: ReadonlyMap<string, KnownImage> | undefined): ComparedImage {
  const { repository, digest, since, revision, built, sizeBytes } = service;
  const scans = images?.get(imageKey(service))?.scans ?? [];
  return {
    repository,
    digest,
    since,
    ...(revision === undefined ? {} : { revision }),
    ...(built === undefined ? {} : { built }),
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    reports:
      'unknown' in scans
        ? []
        : scans.map(({ platform, digest: image, state, finished, reason }) => ({
            platform,
            digest: image,
            state,
            ...(finished === undefined ? {} : { finished }),
            ...(reason === undefined ? {} : { reason }),
          })),
  };
}

function sideOf({ number, kind, state, created, tags, revision }: StoredRelease): DiffSide {
  return {
    number,
    kind,
    state,
    created,
    tags,
    ...(revision === undefined ? {} : { revision: revision.commit }),
    dirty: revision?.dirty ?? false,
  };
}

function countChanges(changes: FindingChanges): NonNullable<ComparedService['findings']> {
  const counts = (findings: readonly ComparedFinding[]) => countSeverities(findings);
  return { fixed: counts(changes.fixed), new: counts(changes.new), remaining: counts(changes.remaining) };
}

function countPackages(packages: readonly ComparedPackage[]): NonNullable<ComparedService['packages']> {
  const counts = { added: 0, removed: 0, changed: 0 };
  for (const { change } of packages) counts[change]++;
  return counts;
}

/** What makes a difference doubtful: reports of different times, of which the later one knows more vulnerabilities. */
function reportWarnings(services: readonly ComparedService[], { maxAgeMs }: ComparedReleases): readonly string[] {
  const apart = services.flatMap(({ name, change, from, to, findings }) => {
    if (change !== 'changed' || findings === undefined) return [];
    const times = [...(from?.reports ?? []), ...(to?.reports ?? [])].flatMap(({ finished }) =>
      finished === undefined ? [] : [Date.parse(finished)],
    );
    const span = Math.max(...times) - Math.min(...times);
    return span > maxAgeMs ? [{ name, span }] : [];
  });
  if (apart.length === 0) return [];
  const longest = Math.max(...apart.map(({ span }) => span));
  const names = joinWords(apart.map(({ name }) => name));
  return [
    `the reports of ${names} are up to ${formatAge(longest)} apart: what is new or fixed may be so in the scanner's database, not in the image. Renew both: --rescan`,
  ];
}
