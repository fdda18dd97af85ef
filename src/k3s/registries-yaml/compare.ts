import type { ReadRegistries } from './read-registries.ts';
import type { Registries } from './registries.ts';
import { registriesValues } from './registries-values.ts';

/** One difference between a registries.yaml and the expected content. */
export interface RegistriesDifference {
  /**
   * - `missing`: the key is expected and not in the file.
   * - `extra`: the key is in the file and not expected.
   * - `different`: the key has another value.
   * - `unknown`: k3s ignores the key.
   */
  readonly kind: 'missing' | 'extra' | 'different' | 'unknown';
  /** `configs["registry.example.com"].auth.password` */
  readonly key: string;
  /** The expected value; `***` for a secret. */
  readonly expected?: string;
  /** The value in the file; `***` for a secret. */
  readonly found?: string;
}

/** The differences between a file and the expected content, in the order of the keys. */
export function compareRegistries(
  expected: Registries,
  { registries, unknown }: ReadRegistries,
): RegistriesDifference[] {
  const wanted = registriesValues(expected);
  const actual = registriesValues(registries);
  const differences: RegistriesDifference[] = unknown.map((key) => ({ kind: 'unknown', key }));
  for (const key of new Set([...wanted.keys(), ...actual.keys()])) {
    const wantedValue = wanted.get(key);
    const found = actual.get(key);
    if (wantedValue?.value === found?.value) continue;
    differences.push({
      kind: found === undefined ? 'missing' : wantedValue === undefined ? 'extra' : 'different',
      key,
      ...(wantedValue === undefined ? {} : { expected: wantedValue.shown }),
      ...(found === undefined ? {} : { found: found.shown }),
    });
  }
  // "mirrors" before "configs", as in the file.
  const sortKey = ({ key }: RegistriesDifference) => (key.startsWith('configs') ? `1${key}` : `0${key}`);
  return differences.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}
