import type { Secret } from '../../lib/secret.ts';

/** The content of a registries.yaml, with the keys of `Registry` in rancher/wharfie, with which k3s reads it. */
export interface Registries {
  /** By the `host[:port]` in image names, or `*`. */
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

/** Paths on the node. */
export interface RegistryTls {
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly insecureSkipVerify?: boolean | undefined;
}

/** A key as shown in messages: `configs["registry.example.com"].auth.password`. */
export function keyOf(section: 'mirrors' | 'configs', host: string, ...steps: readonly string[]): string {
  return [`${section}[${JSON.stringify(host)}]`, ...steps].join('.');
}
