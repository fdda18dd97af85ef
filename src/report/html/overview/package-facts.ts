import { createHash } from 'node:crypto';
import type { AuditedImage, AuditedPackage } from '../../../model/audit.ts';
import { FINDING_SEVERITIES, GATE_OUTCOMES, type GateOutcome, isScanned } from '../../../model/enums.ts';
import type { SeverityCounts } from '../../../model/scan-report.ts';
import { noCounts, worstCounts } from '../../../model/severity-counts.ts';

/** The name of the page with all packages. */
export const INDEX = 'index.html';

/** The folder of the pages of packages. */
export const PACKAGES = 'packages';

/**
 * The name of the file of a package's page: the package's name, where every file system and web server takes it as it is, else
 * close to it. The digest keeps names apart that differ in case or in characters that are replaced.
 */
export function packageFile(name: string): string {
  if (/^[a-z0-9][a-z0-9._-]{0,79}$/.test(name)) return `${name}.html`;
  const close = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, 60);
  return `${close}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}.html`;
}

/** The findings of an image; undefined when they are not known. */
export function imageCounts({ verdict }: Pick<AuditedImage, 'verdict'>): SeverityCounts | undefined {
  const platforms = verdict?.platforms ?? [];
  const isKnown = platforms.length > 0 && platforms.every(({ state }) => state !== 'timed-out' && isScanned(state));
  return isKnown ? worstCounts(platforms) : undefined;
}

/** The findings of the images that are released, each image counted for itself. */
export interface ReleasedFindings {
  readonly counts: SeverityCounts;
  /** How many images have a result. */
  readonly known: number;
}

export function releasedFindings(images: readonly AuditedImage[]): ReleasedFindings {
  const counts = noCounts();
  const known = images.map(imageCounts).filter((each) => each !== undefined);
  for (const each of known) for (const severity of FINDING_SEVERITIES) counts[severity] += each[severity];
  return { counts, known: known.length };
}

/** The worst verdict on the images; undefined when there is none on one of them, and the others have passed. */
export function worstOutcome(images: readonly AuditedImage[]): GateOutcome | undefined {
  const outcomes = images.map(({ verdict }) => verdict?.outcome);
  const worst = GATE_OUTCOMES.find((outcome) => outcomes.includes(outcome));
  return worst === 'passed' && outcomes.includes(undefined) ? undefined : worst;
}

/** What the packages of the overview are filtered by. */
export const MARKS = ['differences', 'rejected', 'held', 'unknown'] as const;

export type PackageMark = (typeof MARKS)[number];

export function packageMarks({ differences, images, held, unknown }: AuditedPackage): readonly PackageMark[] {
  const has: Readonly<Record<PackageMark, boolean>> = {
    differences: differences.length > 0,
    rejected: images.some(({ verdict }) => verdict?.outcome === 'rejected'),
    held: held !== undefined,
    unknown: unknown.length > 0,
  };
  return MARKS.filter((mark) => has[mark]);
}

/** The current releases, each with its public tags, the newest first. */
export function currentReleases({ tags }: Pick<AuditedPackage, 'tags'>) {
  const found = new Map<number, { readonly release: number; readonly released: string; readonly tags: string[] }>();
  for (const { tag, release, released } of tags) {
    const known = found.get(release);
    if (known === undefined) found.set(release, { release, released, tags: [tag] });
    else known.tags.push(tag);
  }
  return [...found.values()].sort((a, b) => b.release - a.release);
}
