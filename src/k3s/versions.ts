import coerce from 'semver/functions/coerce.js';
import { isAtLeast } from '../lib/version.ts';
import type { Registries } from './registries-yaml/registries.ts';

/** A fault of some versions of k3s that changes where or how a node pulls. */
export type K3sFault = 'wildcard-without-default' | 'tls-without-mirror';

/** The versions that have a fault: from the first one on, before the second one. */
const AFFECTED: Readonly<Record<K3sFault, readonly (readonly [string, string])[]>> = {
  // https://github.com/k3s-io/k3s/issues/9728 and, with containerd 2.0, https://github.com/k3s-io/k3s/issues/11857
  'wildcard-without-default': [
    ['1.26.13', '1.26.15'],
    ['1.27.10', '1.27.12'],
    ['1.28.6', '1.28.8'],
    ['1.29.1', '1.29.3'],
    ['1.31.6', '1.31.7'],
    ['1.32.2', '1.32.3'],
  ],
  // https://github.com/k3s-io/k3s/issues/9839
  'tls-without-mirror': [
    ['1.26.13', '1.27'],
    ['1.27.10', '1.27.13'],
    ['1.28.6', '1.28.9'],
    ['1.29.1', '1.29.4'],
  ],
};

/** Whether a version of k3s (`1.32.2`, `v1.32.2+k3s1`) has a fault. False without a version. */
export function hasFault(version: string | undefined, fault: K3sFault): boolean {
  if (version === undefined) return false;
  return AFFECTED[fault].some(([first, fixed]) => isAtLeast(version, first) && !isAtLeast(version, fixed));
}

/** Whether a text names a version of k3s. */
export function isK3sVersion(text: string): boolean {
  return /^v?1\.\d+(?:\.\d+)?(?:[-+].*)?$/.test(text) && coerce(text) !== null;
}

/** What some versions of k3s make of a registries.yaml, or the given version alone. */
export function versionWarnings({ mirrors, configs }: Registries, version?: string): readonly string[] {
  const warnings: string[] = [];
  const warn = (fault: K3sFault, message: (versions: string) => string): void => {
    if (version === undefined) warnings.push(`${message(namesOf(fault))}. Name yours with --k3s-version`);
    else if (hasFault(version, fault)) warnings.push(message(`k3s ${version}`));
  };
  if ((mirrors.get('*')?.endpoints.length ?? 0) > 0) {
    warn(
      'wildcard-without-default',
      (versions) =>
        `${versions} cannot pull from the registry that an image names when the mirror "*" does not have it`,
    );
  }
  const hosts = [...configs].flatMap(([host, { tls }]) =>
    host !== '*' && (tls?.caFile ?? tls?.certFile ?? tls?.insecureSkipVerify) && !mirrors.has(host) ? [host] : [],
  );
  if (hosts.length > 0) {
    warn(
      'tls-without-mirror',
      (versions) =>
        `${versions} cannot use the TLS settings of ${hosts.join(', ')}: only those of the endpoints of a mirror`,
    );
  }
  return warnings;
}

/** `k3s 1.31.6, 1.32.2 or 1.29.1 to 1.29.2` */
function namesOf(fault: K3sFault): string {
  const ranges = AFFECTED[fault].map(([first, fixed]) => {
    const last = lastBefore(fixed);
    return last === undefined ? `${first} and later 1.26` : last === first ? first : `${first} to ${last}`;
  });
  return `k3s ${ranges.slice(0, -1).join(', ')} or ${ranges.at(-1) ?? ''}`;
}

function lastBefore(version: string): string | undefined {
  const [major = '', minor = '', patch] = version.split('.');
  return patch === undefined ? undefined : `${major}.${minor}.${Number(patch) - 1}`;
}
