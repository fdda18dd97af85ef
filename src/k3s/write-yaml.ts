import { Secret } from '../lib/secret.ts';
import type { Registries, RegistryAuth, RegistryMirror, RegistryTls } from './registries.ts';

/** go-yaml looks no further for the ":" of a key. */
const LONGEST_PLAIN_KEY = 1000;

/** A registries.yaml as text, the same for the same content. It holds the passwords. */
export function writeRegistriesYaml(registries: Registries, packages: readonly string[]): Secret {
  const sections = [
    section('mirrors', registries.mirrors, mirrorLines),
    section('configs', registries.configs, ({ auth, tls }) => [
      ...mapping('auth', authEntries(auth)),
      ...mapping('tls', tlsEntries(tls)),
    ]),
  ].flat();
  const lines = [...header(packages), ...(sections.length === 0 ? ['{}'] : sections)];
  return new Secret(`${lines.join('\n')}\n`);
}

function header(packages: readonly string[]): string[] {
  const names = packages.map((name) => (/^[\w.-]+$/.test(name) ? name : quote(name))).join(', ');
  return [
    `# Written by objdocker from the config.yaml of ${names}; it is written anew as a whole.`,
    '# k3s reads it at its start only, as /etc/rancher/k3s/registries.yaml on each server and agent.',
  ];
}

function section<T>(name: string, entries: ReadonlyMap<string, T>, lines: (value: T) => readonly string[]): string[] {
  const written = sorted(entries)
    .map(([key, value]) => ({ key, below: lines(value) }))
    .filter(({ below }) => below.length > 0);
  if (written.length === 0) return [];
  return [
    `${name}:`,
    ...written.flatMap(({ key, below }) => [`  ${quote(key)}:`, ...below.map((line) => `    ${line}`)]),
  ];
}

function mirrorLines({ endpoints, rewrite }: RegistryMirror): string[] {
  if (endpoints.length === 0) return [];
  const entries = sorted(rewrite).map(([pattern, replacement]) => [quote(pattern), quote(replacement)] as const);
  return ['endpoint:', ...endpoints.map((endpoint) => `  - ${quote(endpoint)}`), ...mapping('rewrite', entries)];
}

function authEntries(auth: RegistryAuth = {}): (readonly [string, string])[] {
  return texts({
    username: auth.username,
    password: auth.password?.reveal(),
    auth: auth.auth?.reveal(),
    identity_token: auth.identityToken?.reveal(),
  });
}

function tlsEntries(tls: RegistryTls = {}): (readonly [string, string])[] {
  const paths = texts({ ca_file: tls.caFile, cert_file: tls.certFile, key_file: tls.keyFile });
  return tls.insecureSkipVerify === true ? [...paths, ['insecure_skip_verify', 'true']] : paths;
}

function texts(values: Readonly<Record<string, string | undefined>>): (readonly [string, string])[] {
  return Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, quote(value)] as const]));
}

function mapping(name: string, entries: readonly (readonly [string, string])[]): string[] {
  if (entries.length === 0) return [];
  const lines = entries.flatMap(([key, value]) =>
    key.length > LONGEST_PLAIN_KEY ? [`? ${key}`, `: ${value}`] : [`${key}: ${value}`],
  );
  return [`${name}:`, ...lines.map((line) => `  ${line}`)];
}

function sorted<T>(entries: ReadonlyMap<string, T>): (readonly [string, T])[] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A double-quoted scalar in ASCII: no YAML, of whatever version, reads anything else out of it. */
function quote(text: string): string {
  let quoted = '"';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (character === '"' || character === '\\') quoted += `\\${character}`;
    else if (code >= 0x20 && code < 0x7f) quoted += character;
    else if (code >= 0xd800 && code <= 0xdfff) quoted += '\\uFFFD';
    else if (code > 0xffff) quoted += `\\U${code.toString(16).padStart(8, '0')}`;
    else quoted += `\\u${code.toString(16).padStart(4, '0')}`;
  }
  return `${quoted}"`;
}
