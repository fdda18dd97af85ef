import type { Registries } from './registries.ts';

/** The content of a registries.yaml without its secrets. */
export interface RegistriesSummary {
  readonly mirrors: readonly MirrorSummary[];
  readonly configs: readonly AccessSummary[];
}

export interface MirrorSummary {
  /** `host[:port]` in image names, or `*`. */
  readonly host: string;
  readonly endpoints: readonly string[];
  /** Regular expression to replacement. */
  readonly rewrite: Readonly<Record<string, string>>;
}

export interface AccessSummary {
  /** `host[:port]` of the endpoint. */
  readonly host: string;
  /** The user whose credentials nodes send; absent when they send none. */
  readonly username?: string;
  /** Paths on the node. */
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly insecureSkipVerify: boolean;
}

/** Summarizes a registries.yaml as plain data that may be printed, in the order of the file. */
export function summarize({ mirrors, configs }: Registries): RegistriesSummary {
  return {
    mirrors: byHost(
      [...mirrors].map(([host, { endpoints, rewrite }]) => ({ host, endpoints, rewrite: Object.fromEntries(rewrite) })),
    ),
    configs: byHost(
      [...configs].map(([host, { auth, tls }]) => ({
        host,
        ...(auth?.username === undefined ? {} : { username: auth.username }),
        ...(tls?.caFile === undefined ? {} : { caFile: tls.caFile }),
        ...(tls?.certFile === undefined ? {} : { certFile: tls.certFile }),
        ...(tls?.keyFile === undefined ? {} : { keyFile: tls.keyFile }),
        insecureSkipVerify: tls?.insecureSkipVerify ?? false,
      })),
    ),
  };
}

function byHost<Item extends { readonly host: string }>(items: readonly Item[]): readonly Item[] {
  return [...items].sort((a, b) => (a.host < b.host ? -1 : 1));
}
