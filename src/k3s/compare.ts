import { leavesOf } from './leaves.ts';
import type { ReadRegistries } from './read-registries.ts';
import type { Registries } from './registries.ts';

/** One thing in which a registries.yaml is not what it should be. */
export interface RegistriesDifference {
  /**
   * - `missing`: it should be there.
   * - `extra`: it should not.
   * - `different`: it has another value.
   * - `unknown`: k3s knows no such key, and takes no notice of it.
   */
  readonly kind: 'missing' | 'extra' | 'different' | 'unknown';
  /** `configs["registry.example.com"].auth.password` */
  readonly key: string;
  /** What should be there; `***` for a secret. */
  readonly expected?: string;
  /** What is there; `***` for a secret. */
  readonly found?: string;
}

/** In what a file is not what it should be, in the order of its keys. */
export function compareRegistries(
  expected: Registries,
  { registries, unknown }: ReadRegistries,
): RegistriesDifference[] {
  const should = leavesOf(expected);
  const is = leavesOf(registries);
  const differences: RegistriesDifference[] = unknown.map((key) => ({ kind: 'unknown', key }));
  for (const key of new Set([...should.keys(), ...is.keys()])) {
    const wanted = should.get(key);
    const found = is.get(key);
    if (wanted?.value === found?.value) continue;
    differences.push({
      kind: found === undefined ? 'missing' : wanted === undefined ? 'extra' : 'different',
      key,
      ...(wanted === undefined ? {} : { expected: wanted.shown }),
      ...(found === undefined ? {} : { found: found.shown }),
    });
  }
  // "mirrors" before "configs", as in the file.
  const place = ({ key }: RegistriesDifference) => (key.startsWith('configs') ? `1${key}` : `0${key}`);
  return differences.sort((a, b) => (place(a) < place(b) ? -1 : 1));
}
