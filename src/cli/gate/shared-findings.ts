import type { AllowedFinding, EvaluatedFinding, ImageVerdict } from '../../model/verdict.ts';

/** Findings to be listed together, of one image or of several that have the very same ones. */
export interface FindingGroup {
  /** In the order of the verdict; never none. */
  readonly images: readonly ImageVerdict[];
  /** As in the verdict: worst first. */
  readonly rejecting: readonly EvaluatedFinding[];
  readonly allowed: readonly AllowedFinding[];
}

/** More sets of images than this would be harder to read than what they save. */
const MOST_GROUPS = 6;

/**
 * Puts what several images have in common together, so that what comes of a base image is said once.
 *
 * @returns the groups of several images, those of most images first, and by image what it has apart from them
 */
export function shareFindings(images: readonly ImageVerdict[]): {
  readonly groups: readonly FindingGroup[];
  readonly own: ReadonlyMap<ImageVerdict, FindingGroup>;
} {
  if (images.length < 2) return { groups: [], own: new Map(images.map((image) => [image, { ...image, images }])) };
  const rejecting = bySet(images, (image) => image.rejecting, keyOf);
  const allowed = bySet(images, (image) => image.allowed, allowedKeyOf);
  const sets = [...new Set([...rejecting.keys(), ...allowed.keys()])].map(readSet);
  const groups = sets
    .filter((set) => set.length > 1)
    .sort((a, b) => b.length - a.length)
    .slice(0, MOST_GROUPS)
    .map((set): FindingGroup => {
      const key = String(set);
      return {
        images: set.flatMap((at) => images[at] ?? []),
        rejecting: rejecting.get(key) ?? [],
        allowed: allowed.get(key) ?? [],
      };
    });
  const own = images.map((image): [ImageVerdict, FindingGroup] => {
    const mine = groups.filter((group) => group.images.includes(image));
    const said = new Set(mine.flatMap((group) => group.rejecting.map(keyOf)));
    const saidOfAllowed = new Set(mine.flatMap((group) => group.allowed.map(allowedKeyOf)));
    return [
      image,
      {
        images: [image],
        rejecting: image.rejecting.filter((finding) => !said.has(keyOf(finding))),
        allowed: image.allowed.filter((finding) => !saidOfAllowed.has(allowedKeyOf(finding))),
      },
    ];
  });
  return { groups, own: new Map(own) };
}

/** Each finding once, by the set of images that have it. */
function bySet<Finding>(
  images: readonly ImageVerdict[],
  findingsOf: (image: ImageVerdict) => readonly Finding[],
  keyOfFinding: (finding: Finding) => string,
): Map<string, Finding[]> {
  const holders = new Map<string, { readonly finding: Finding; readonly at: number[] }>();
  for (const [at, image] of images.entries()) {
    for (const finding of findingsOf(image)) {
      const key = keyOfFinding(finding);
      const known = holders.get(key);
      if (known === undefined) holders.set(key, { finding, at: [at] });
      else if (known.at.at(-1) !== at) known.at.push(at);
    }
  }
  const sets = new Map<string, Finding[]>();
  for (const { finding, at } of holders.values()) {
    const set = String(at);
    const found = sets.get(set);
    if (found === undefined) sets.set(set, [finding]);
    else found.push(finding);
  }
  return sets;
}

function readSet(set: string): number[] {
  return set.split(',').map(Number);
}

function keyOf({ id, severity, package: name, version, fixVersion = '', platforms }: EvaluatedFinding): string {
  return [id, severity, name, version, fixVersion, ...platforms].join('\0');
}

function allowedKeyOf(finding: AllowedFinding): string {
  return [finding.reason, finding.until ?? '', keyOf(finding)].join('\0');
}
