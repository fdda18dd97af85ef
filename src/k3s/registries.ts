import type { Secret } from '../lib/secret.ts';

/** What a registries.yaml says, by the keys of rancher/wharfie's `Registry`, which k3s reads it with. */
export interface Registries {
  /** By the `host[:port]` that images name, or `*`. */
  readonly mirrors: ReadonlyMap<string, RegistryMirror>;
  /** By the `host[:port]` of an endpoint. */
  readonly configs: ReadonlyMap<string, RegistryAccess>;
}

export interface RegistryMirror {
  /** URLs, in the order in which they are tried. */
  readonly endpoints: readonly string[];
  /** Regular expression to replacement, for the repository. */
  readonly rewrite: ReadonlyMap<string, string>;
}

export interface RegistryAccess {
  readonly auth?: RegistryAuth | undefined;
  readonly tls?: RegistryTls | undefined;
}

export interface RegistryAuth {
  readonly username?: string | undefined;
  readonly password?: Secret | undefined;
  /** base64 of `username:password`. */
  readonly auth?: Secret | undefined;
  readonly identityToken?: Secret | undefined;
}

/** Paths are those of the node. */
export interface RegistryTls {
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly insecureSkipVerify?: boolean | undefined;
}

/** A key as messages show it: `configs["registry.example.com"].auth.password`. */
export function keyOf(section: 'mirrors' | 'configs', host: string, ...steps: readonly string[]): string {
  return [`${section}[${JSON.stringify(host)}]`, ...steps].join('.');
}
