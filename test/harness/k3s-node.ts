import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';

/**
 * Reads registries.yaml as a k3s node does. Written from k3s's and wharfie's documented behavior, independently of src/k3s: it
 * accepts the known keys with the known types, rejects everything else, and computes the requests that the node would make.
 */
export interface NodeRegistries {
  readonly mirrors: ReadonlyMap<
    string,
    { readonly endpoint: readonly string[]; readonly rewrite: ReadonlyMap<string, string> }
  >;
  readonly configs: ReadonlyMap<
    string,
    { readonly auth: ReadonlyMap<string, string>; readonly tls: ReadonlyMap<string, string | boolean> }
  >;
}

export interface NodeAttempt {
  readonly scheme: string;
  /** `host[:port]` */
  readonly host: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly caFile: string | boolean | undefined;
  readonly insecure: boolean;
}

const AUTH = ['username', 'password', 'auth', 'identity_token'];
const TLS = ['ca_file', 'cert_file', 'key_file', 'insecure_skip_verify'];

/** Reads the text of a registries.yaml. Throws on an unknown key and on a value of another type. */
export function parseAsNode(text: string): NodeRegistries {
  const one: unknown = parse(text, { version: '1.1', mapAsMap: true, strict: true, uniqueKeys: true });
  const other: unknown = parse(text, { version: '1.2', mapAsMap: true, strict: true, uniqueKeys: true });
  if (!isDeepStrictEqual(one, other)) throw new Error('YAML 1.1 and 1.2 read different things');
  const top = mapping(one, ['mirrors', 'configs']);
  return {
    mirrors: each(top.get('mirrors'), (entry) => {
      const mirror = mapping(entry, ['endpoint', 'rewrite']);
      const endpoint = mirror.get('endpoint') ?? [];
      if (!Array.isArray(endpoint)) throw new Error('endpoint is not a list');
      if (endpoint.length === 0) throw new Error('a mirror without endpoints is dropped');
      return { endpoint: endpoint.map(string), rewrite: each(mirror.get('rewrite'), string) };
    }),
    configs: each(top.get('configs'), (entry) => {
      const access = mapping(entry, ['auth', 'tls']);
      if (access.size === 0) throw new Error('an empty config');
      const auth = each(mapping(access.get('auth') ?? new Map(), AUTH), string);
      const tls = each(mapping(access.get('tls') ?? new Map(), TLS), (value, key) =>
        key === 'insecure_skip_verify' ? flag(value) : string(value),
      );
      return { auth, tls };
    }),
  };
}

/** The requests that a node makes for an image of a registry, in order. */
export function attemptsOf({ mirrors, configs }: NodeRegistries, registry: string): NodeAttempt[] {
  const wildcard = configs.has(registry) ? undefined : mirrors.get('*');
  const endpoints = (mirrors.get(registry) ?? wildcard)?.endpoint ?? [];
  return [...endpoints, registry].map((endpoint) => {
    const [, scheme, written = ''] = /^(?:(https?):\/\/)?([^/]+)/i.exec(endpoint) ?? [];
    const host = written === 'docker.io' ? 'registry-1.docker.io' : written;
    const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]):(?!443$)\d+$/.test(host);
    const config = configs.get(host);
    return {
      scheme: scheme?.toLowerCase() ?? (loopback ? 'http' : 'https'),
      host,
      username: config?.auth.get('username'),
      password: config?.auth.get('password'),
      caFile: config?.tls.get('ca_file'),
      insecure: config?.tls.get('insecure_skip_verify') === true,
    };
  });
}

function mapping(value: unknown, known: readonly string[]): ReadonlyMap<string, unknown> {
  const map = each(value, (entry) => entry);
  for (const key of map.keys()) if (!known.includes(key)) throw new Error(`unknown key ${key}`);
  return map;
}

function each<T>(value: unknown, read: (value: unknown, key: string) => T): ReadonlyMap<string, T> {
  if (value === undefined) return new Map();
  if (!(value instanceof Map)) throw new Error('not a mapping');
  return new Map([...value].map(([key, entry]) => [string(key), read(entry, string(key))]));
}

function string(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`expected a string, got ${typeof value}`);
  return value;
}

function flag(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new Error(`expected a boolean, got ${typeof value}`);
  return value;
}
