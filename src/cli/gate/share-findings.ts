import type { AllowedFinding, EvaluatedFinding, ImageVerdict } from '../../model/verdict.ts';

/** Findings that are listed together: those of one image, or those that several images share. */
export interface FindingGroup {
  /** In the order of the verdict; at least one. */
  readonly images: readonly ImageVerdict[];
  /** As in the verdict: worst first. */
  readonly rejecting: readonly EvaluatedFinding[];
  readonly allowed: readonly AllowedFinding[];
}

/** Listing more groups than this would be harder to read than repeating the findings. */
const MAX_GROUPS = 6;

/**
 * Groups the findings that several images share, so that those of a common base image are listed once.
 *
 * @returns the groups, those of most images first; and for each image its other findings
 */
export function shareFindings(images: readonly ImageVerdict[]): {
  readonly groups: readonly FindingGroup[];
  readonly own: ReadonlyMap<ImageVerdict, FindingGroup>;
} {
  if (images.length < 2) return { groups: [], own: new Map(images.map((image) => [image, { ...image, images }])) };
  const rejecting = groupByImages(images, (image) => image.rejecting, rejectingKey);
  const allowed = groupByImages(images, (image) => image.allowed, allowedKey);
  const sets = [...new Set([...rejecting.keys(), ...allowed.keys()])].map(parseIndexes);
  const groups = sets
    .filter((set) => set.length > 1)
    .sort((a, b) => b.length - a.length)
    .slice(0, MAX_GROUPS)
    .map((set): FindingGroup => {
      const key = String(set);
      return {
        images: set.flatMap((index) => images[index] ?? []),
        rejecting: rejecting.get(key) ?? [],
        allowed: allowed.get(key) ?? [],
      };
    });
  const own = images.map((image): [ImageVerdict, FindingGroup] => {
    const shared = groups.filter((group) => group.images.includes(image));
    const sharedRejecting = new Set(shared.flatMap((group) => group.rejecting.map(rejectingKey)));
    const sharedAllowed = new Set(shared.flatMap((group) => group.allowed.map(allowedKey)));
    return [
      image,
      {
        images: [image],
        rejecting: image.rejecting.filter((finding) => !sharedRejecting.has(rejectingKey(finding))),
        allowed: image.allowed.filter((finding) => !sharedAllowed.has(allowedKey(finding))),
      },
    ];
  });
  return { groups, own: new Map(own) };
}

/** Each finding once, by the images that have it: a key is their indexes, comma separated. */
function groupByImages<Finding>(
  images: readonly ImageVerdict[],
  findingsOf: (image: ImageVerdict) => readonly Finding[],
  keyOf: (finding: Finding) => string,
): Map<string, Finding[]> {
  const byKey = new Map<string, { readonly finding: Finding; readonly indexes: number[] }>();
  for (const [index, image] of images.entries()) {
    for (const finding of findingsOf(image)) {
      const key = keyOf(finding);
      const known = byKey.get(key);
      if (known === undefined) byKey.set(key, { finding, indexes: [index] });
      else if (known.indexes.at(-1) !== index) known.indexes.push(index);
    }
  }
  const sets = new Map<string, Finding[]>();
  for (const { finding, indexes } of byKey.values()) {
    const set = String(indexes);
    const found = sets.get(set);
    if (found === undefined) sets.set(set, [finding]);
    else found.push(finding);
  }
  return sets;
}

function parseIndexes(key: string): number[] {
  return key.split(',').map(Number);
}

function rejectingKey(finding: EvaluatedFinding): string {
  const { id, severity, package: name, version, fixVersion = '', status = '', platforms } = finding;
  return [id, severity, name, version, fixVersion, status, ...platforms].join('\0');
}

function allowedKey(finding: AllowedFinding): string {
  return [finding.reason, finding.until ?? '', rejectingKey(finding)].join('\0');
}
