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
