import { ObjDockerError } from '../errors.ts';
import type { Registries, RegistryAccess, RegistryMirror } from './registries-yaml/registries.ts';
import { type RegistriesValue, registriesValues } from './registries-yaml/registries-values.ts';

/** The registries of one package. */
export interface PackageRegistries {
  readonly name: string;
  readonly registries: Registries;
}

/** Two packages that want different values of one key. */
interface Conflict {
  readonly key: string;
  readonly packages: readonly [string, string];
  /** In the order of the packages; secrets masked. */
  readonly values: readonly [string, string];
}

/**
 * Merges the registries of several packages.
 *
 * @throws {ObjDockerError} REGISTRIES_CONFLICT, with every conflict in `details.conflicts`
 */
export function mergeRegistries(packages: readonly PackageRegistries[]): Registries {
  const conflicts = findConflicts(packages);
  if (conflicts.length > 0) throw conflictError(conflicts);
  const mirrors = new Map<string, RegistryMirror>();
  const configs = new Map<string, RegistryAccess>();
  for (const { registries } of packages) {
    for (const [host, mirror] of registries.mirrors) if (!mirrors.has(host)) mirrors.set(host, mirror);
    for (const [host, { auth, tls }] of registries.configs) {
      const known = configs.get(host);
      configs.set(host, { auth: known?.auth ?? auth, tls: { ...known?.tls, ...tls } });
    }
  }
  return { mirrors, configs };
}

function findConflicts(packages: readonly PackageRegistries[]): readonly Conflict[] {
  const first = new Map<string, RegistriesValue & { readonly name: string }>();
  const conflicts: Conflict[] = [];
  for (const { name, registries } of packages) {
    // An additional rewrite of one package would change where the images of the other come from.
    for (const item of registriesValues(registries, { wholeRewrites: true }).values()) {
      const known = first.get(item.key);
      if (known === undefined) first.set(item.key, { ...item, name });
      else if (known.value !== item.value) {
        conflicts.push({ key: item.key, packages: [known.name, name], values: [known.shown, item.shown] });
      }
    }
  }
  return conflicts;
}

function conflictError(conflicts: readonly Conflict[]): ObjDockerError {
  const lines = conflicts.map(({ key, packages: [one, other], values: [a, b] }) =>
    a === b ? `${key} differs between ${one} and ${other}` : `${key} is ${a} in ${one} and ${b} in ${other}`,
  );
  const [only = '', ...more] = lines;
  const message =
    more.length === 0
      ? `the packages need different registries.yaml files: ${only}`
      : ['the packages need different registries.yaml files:', ...lines.map((line) => `  ${line}`)].join('\n');
  return new ObjDockerError('REGISTRIES_CONFLICT', message, {
    hint: 'A node has a single registries.yaml. Use the same values in both packages, or generate a file for one package with --package.',
    details: { conflicts },
  });
}
