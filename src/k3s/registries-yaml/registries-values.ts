import { endpointUrl, readEndpoint, withoutUserInfo } from '../endpoint.ts';
import { keyOf, type Registries, type RegistryAuth, type RegistryTls } from './registries.ts';

/** One value of a registries.yaml. */
export interface RegistriesValue {
  /** `configs["registry.example.com"].auth.password` */
  readonly key: string;
  /** Equal for values that k3s treats as equal. May be a secret. */
  readonly value: string;
  /** For people; `***` for a secret. */
  readonly shown: string;
}

export interface ValuesOptions {
  /** Treats all rewrites of a mirror as one value, also when there are none. @default false */
  readonly wholeRewrites?: boolean;
}

/** Every value that k3s uses, by its key. k3s ignores a mirror without endpoints. */
export function registriesValues(
  { mirrors, configs }: Registries,
  { wholeRewrites = false }: ValuesOptions = {},
): ReadonlyMap<string, RegistriesValue> {
  const values: RegistriesValue[] = [];
  for (const [host, { endpoints, rewrite }] of mirrors) {
    if (endpoints.length === 0) continue;
    const key = keyOf('mirrors', host, 'rewrite');
    values.push(endpointsValue(keyOf('mirrors', host, 'endpoint'), endpoints));
    values.push(...(wholeRewrites ? [allRewrites(key, rewrite)] : rewriteValues(key, rewrite)));
  }
  for (const [host, { auth, tls }] of configs) {
    values.push(...authValues(keyOf('configs', host, 'auth'), auth), ...tlsValues(keyOf('configs', host, 'tls'), tls));
  }
  return new Map(values.map((value) => [value.key, value]));
}

function rewriteValues(key: string, rewrite: ReadonlyMap<string, string>): RegistriesValue[] {
  return [...rewrite].map(([pattern, replacement]) => plain(`${key}[${JSON.stringify(pattern)}]`, replacement));
}

function allRewrites(key: string, rewrite: ReadonlyMap<string, string>): RegistriesValue {
  const sorted = [...rewrite].sort(([a], [b]) => (a < b ? -1 : 1));
  const shown = sorted.map(([pattern, replacement]) => `${pattern} → ${replacement}`).join(', ');
  return { key, value: JSON.stringify(sorted), shown: shown === '' ? 'nothing' : shown };
}

function endpointsValue(key: string, endpoints: readonly string[]): RegistriesValue {
  const bare = endpoints.map(withoutUserInfo);
  const urls = new Set(bare.map((text) => endpointUrl(readEndpoint(text))));
  return { key, value: JSON.stringify([...urls]), shown: bare.join(', ') };
}

function authValues(key: string, auth: RegistryAuth | undefined): RegistriesValue[] {
  if (auth === undefined) return [];
  const { username, password, auth: both, identityToken } = auth;
  return [
    ...(username === undefined ? [] : [plain(`${key}.username`, username)]),
    ...(password === undefined ? [] : [secret(`${key}.password`, password.reveal())]),
    ...(both === undefined ? [] : [secret(`${key}.auth`, both.reveal())]),
    ...(identityToken === undefined ? [] : [secret(`${key}.identity_token`, identityToken.reveal())]),
  ];
}

function tlsValues(key: string, tls: RegistryTls | undefined): RegistriesValue[] {
  if (tls === undefined) return [];
  const { caFile, certFile, keyFile, insecureSkipVerify } = tls;
  return [
    ...(caFile === undefined ? [] : [plain(`${key}.ca_file`, caFile)]),
    ...(certFile === undefined ? [] : [plain(`${key}.cert_file`, certFile)]),
    ...(keyFile === undefined ? [] : [plain(`${key}.key_file`, keyFile)]),
    ...(insecureSkipVerify === true ? [plain(`${key}.insecure_skip_verify`, 'true')] : []),
  ];
}

function plain(key: string, value: string): RegistriesValue {
  return { key, value, shown: value };
}

function secret(key: string, value: string): RegistriesValue {
  return { key, value, shown: '***' };
}
