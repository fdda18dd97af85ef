import type { ComparedPackage } from '../../model/release-diff.ts';
import type { SbomImage } from '../../model/sbom.ts';

/** The SBOM of one platform, as far as it is compared. */
export type ComparedSbom = Pick<SbomImage, 'platform' | 'packages'>;

/**
 * Compares the packages of a service's two images, on the platforms that both have. A package is the same in both when name and
 * type are; it may have several versions at once.
 *
 * @returns undefined when the images have no platform in common
 */
export function comparePackages(
  service: string,
  from: readonly ComparedSbom[],
  to: readonly ComparedSbom[],
): readonly ComparedPackage[] | undefined {
  const platforms = new Set(from.map(({ platform }) => platform));
  const shared = new Set(to.flatMap(({ platform }) => (platforms.has(platform) ? [platform] : [])));
  if (shared.size === 0) return undefined;
  const before = versionsOf(from.filter(({ platform }) => shared.has(platform)));
  const after = versionsOf(to.filter(({ platform }) => shared.has(platform)));
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  return sorted(
    keys.flatMap((key): ComparedPackage[] => {
      const [old, now] = [before.get(key), after.get(key)];
      const { name, type } = now ?? old ?? { name: key, type: undefined };
      const versions = { from: [...(old?.versions ?? [])].sort(), to: [...(now?.versions ?? [])].sort() };
      if (old !== undefined && now !== undefined && sameTexts(versions.from, versions.to)) return [];
      const change = old === undefined ? 'added' : now === undefined ? 'removed' : 'changed';
      return [{ change, name, ...(type === undefined ? {} : { type }), ...versions, services: [service] }];
    }),
  );
}

/** Joins equal changes of several services into one, with the names of all. */
export function joinPackages(lists: readonly (readonly ComparedPackage[])[]): readonly ComparedPackage[] {
  const found = new Map<string, { readonly change: ComparedPackage; readonly services: Set<string> }>();
  for (const change of lists.flat()) {
    const { name, type = '', from, to } = change;
    const key = JSON.stringify([name, type, from, to]);
    const known = found.get(key) ?? { change, services: new Set() };
    for (const service of change.services) known.services.add(service);
    found.set(key, known);
  }
  return sorted([...found.values()].map(({ change, services }) => ({ ...change, services: [...services].sort() })));
}

interface Versions {
  readonly name: string;
  readonly type: string | undefined;
  readonly versions: Set<string>;
}

function versionsOf(sboms: readonly ComparedSbom[]): ReadonlyMap<string, Versions> {
  const found = new Map<string, Versions>();
  for (const { name, version = '', type } of sboms.flatMap(({ packages }) => packages)) {
    const key = `${type ?? ''}\0${name}`;
    const known = found.get(key) ?? { name, type, versions: new Set() };
    known.versions.add(version);
    found.set(key, known);
  }
  return found;
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}

function sorted(packages: readonly ComparedPackage[]): readonly ComparedPackage[] {
  return packages.toSorted(
    (a, b) =>
      compare(a.name, b.name) ||
      compare(a.type ?? '', b.type ?? '') ||
      compare(a.from.join(), b.from.join()) ||
      compare(a.to.join(), b.to.join()),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
