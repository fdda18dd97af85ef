import type { EndpointAccess, MirrorConfig, Package } from '../config/package.ts';
import { isLoopback } from '../lib/host.ts';
import { findNodeCredentials, readNodePassword } from './credentials.ts';
import {
  accessKeys,
  type Endpoint,
  endpointUrl,
  imageHostOf,
  isSameServer,
  readEndpoint,
  withoutUserInfo,
} from './endpoint.ts';
import { keyOf, type Registries, type RegistryAccess, type RegistryMirror } from './registries-yaml/registries.ts';
import { problemOfRewrite } from './rewrite.ts';

export interface CollectOptions {
  /** False when only usernames matter. */
  readonly passwords: boolean;
  readonly warn: (message: string) => void;
}

/**
 * The registries.yaml content that nodes need to pull the images of one package, and those of the registries that it mirrors.
 *
 * @throws {ObjDockerError} VARIABLE_UNSET, SECRET_FILE_UNREADABLE, CONFIG_INVALID
 */
export async function collectRegistries(pkg: Package, options: CollectOptions): Promise<Registries> {
  const mirrors = collectMirrors(pkg, options);
  const access = await collectAccess(pkg, options);
  const keys = access === undefined ? [] : ownKeys(pkg);
  const configs = new Map(keys.map((key) => [key, access ?? {}]));
  for (const endpoint of pkg.registry.configs) await addEndpointAccess(configs, endpoint, options);
  const reached = [...mirrors.values()].flatMap(({ endpoints }) => endpoints.map(readEndpoint));
  warnAboutPlainPasswords(configs, [...reached, readEndpoint(pkg.registry.url)], options);
  warnAboutHosts(pkg, mirrors, options);
  return { mirrors, configs };
}

/** Adds what config.yaml declares for one server. It counts more than what is known of the package's own registry. */
async function addEndpointAccess(
  configs: Map<string, RegistryAccess>,
  endpoint: EndpointAccess,
  { passwords, warn }: CollectOptions,
): Promise<void> {
  const { host, username, ca, cert, key } = endpoint;
  const section = `deployment.registry.configs[${JSON.stringify(host)}]`;
  const password = username === undefined ? undefined : await readNodePassword(endpoint, `configs.${host}.`, passwords);
  if (username !== undefined && password === undefined)
    warn(`${section} has no password: nodes pull from ${host} without credentials`);
  const files = [ca, cert, key].filter((file) => file !== undefined);
  if (files.length > 0) warn(`nodes read ${files.join(', ')} for ${host}: copy them to the same paths on each node`);
  for (const name of accessKeys(host)) {
    const known = configs.get(name);
    configs.set(name, {
      auth: username === undefined || password === undefined ? known?.auth : { username, password },
      tls:
        files.length === 0
          ? known?.tls
          : { ...known?.tls, caFile: ca ?? known?.tls?.caFile, certFile: cert, keyFile: key },
    });
  }
}

function collectMirrors(pkg: Package, { warn }: CollectOptions): Map<string, RegistryMirror> {
  const mirrors = new Map<string, RegistryMirror>();
  for (const mirror of pkg.registry.mirrors) {
    const rewrite = new Map(Object.entries(mirror.rewrite));
    const endpoints = readEndpoints(mirror, warn);
    const key = `deployment.registry.mirrors[${JSON.stringify(mirror.host)}]`;
    if (endpoints.length === 0) {
      warn(`${key} has no endpoint: k3s would ignore it, so it is left out`);
      continue;
    }
    for (const [pattern, replacement] of rewrite) {
      const problem = problemOfRewrite(pattern, replacement);
      if (problem !== undefined) warn(`${key}.rewrite[${JSON.stringify(pattern)}]: ${problem}`);
    }
    mirrors.set(imageHostOf(mirror.host), { endpoints, rewrite });
  }
  for (const host of imageHosts(pkg)) addOwnEndpoint(host, pkg, { mirrors, warn });
  return mirrors;
}

function readEndpoints({ host, endpoints }: MirrorConfig, warn: (message: string) => void): readonly string[] {
  const byUrl = new Map<string, string>();
  for (const endpoint of endpoints) {
    const bare = withoutUserInfo(endpoint);
    if (bare !== endpoint) {
      warn(`the endpoint ${bare} of ${host} has credentials in its URL, which nodes do not use: they are left out`);
    }
    const url = endpointUrl(readEndpoint(bare));
    if (!byUrl.has(url)) byUrl.set(url, bare);
  }
  return [...byUrl.values()];
}

interface MirrorTarget {
  readonly mirrors: Map<string, RegistryMirror>;
  readonly warn: (message: string) => void;
}

/** Adds the registry's own endpoint where k3s would not find it: by default k3s tries https, and http on loopback ports. */
function addOwnEndpoint(host: string, pkg: Package, { mirrors, warn }: MirrorTarget): void {
  const scheme = schemeOf(pkg);
  if (readEndpoint(host).scheme === scheme) return;
  const { endpoints = [], rewrite = new Map() } = mirrors.get(host) ?? {};
  const known = endpoints.map(readEndpoint);
  if (known.some((endpoint) => endpoint.scheme === scheme && isSameServer(endpoint, { host, scheme }))) return;
  const own = `${scheme}://${host}`;
  if (rewrite.size > 0) {
    warn(
      `the endpoint ${own} is added for nodes, and k3s applies the rewrites of mirrors[${JSON.stringify(host)}] to it, too`,
    );
  }
  mirrors.set(host, { endpoints: [...endpoints, own], rewrite });
}

async function collectAccess(pkg: Package, options: CollectOptions): Promise<RegistryAccess | undefined> {
  const { registry } = pkg;
  const auth = await findNodeCredentials(pkg, options);
  const { ca, insecureSkipVerify } = registry;
  if (ca !== undefined) {
    options.warn(
      `nodes read the certificate authority of ${registry.host} from ${ca}: copy the file to that path on each node`,
    );
  }
  const tls =
    ca === undefined && !insecureSkipVerify
      ? undefined
      : {
          ...(ca === undefined ? {} : { caFile: ca }),
          ...(insecureSkipVerify ? { insecureSkipVerify } : {}),
        };
  return auth === undefined && tls === undefined ? undefined : { auth, tls };
}

/** Every `host[:port]` under which a node may reach the package's own registry. k3s compares them as text. */
function ownKeys(pkg: Package): readonly string[] {
  const { registry } = pkg;
  const named = [...imageHosts(pkg), ...registry.mirrors.map(({ host }) => host)];
  const endpoints = registry.mirrors.flatMap(({ endpoints }) => endpoints.map((text) => readEndpoint(text)));
  const keys = [
    ...named.filter((host) => host !== '*' && isOwn(host, schemeOf(pkg), pkg)),
    ...endpoints.filter(({ host, scheme }) => isOwn(host, scheme, pkg)).map(({ host }) => host),
  ];
  return [...new Set(keys.flatMap(accessKeys))];
}

/** The hosts in the names of the package's images that are its registry. */
function imageHosts(pkg: Package): readonly string[] {
  const { registry, image } = pkg;
  const hosts = [registry.host, image.host].filter((host) => isOwn(host, schemeOf(pkg), pkg));
  return [...new Set(hosts.map(imageHostOf))];
}

/** Whether a host and scheme are those of the registry. The same name with another port is another server. */
function isOwn(host: string, scheme: string, pkg: Package): boolean {
  return isSameServer({ host, scheme }, { host: pkg.registry.host, scheme: schemeOf(pkg) });
}

function schemeOf({ registry }: Package): string {
  return readEndpoint(registry.url).scheme;
}

function warnAboutPlainPasswords(
  configs: ReadonlyMap<string, RegistryAccess>,
  reached: readonly Endpoint[],
  { warn }: CollectOptions,
): void {
  for (const [host, { auth }] of configs) {
    const endpoints = reached.filter((endpoint) => endpoint.host === host);
    const plain = endpoints.find(({ scheme }) => scheme === 'http');
    if (auth === undefined || plain === undefined || endpoints.every(({ scheme }) => scheme === 'http')) continue;
    warn(
      `nodes send the password of ${auth.username} unencrypted to ${endpointUrl(plain)}: the keys of registries.yaml do not distinguish http from https`,
    );
  }
}

function warnAboutHosts(pkg: Package, mirrors: ReadonlyMap<string, RegistryMirror>, { warn }: CollectOptions): void {
  const { registry, image } = pkg;
  const reached = [...mirrors].flatMap(([host, { endpoints }]) =>
    endpoints.map((text) => ({ host, endpoint: readEndpoint(text) })),
  );
  const loopback = [registry.host, ...reached.map(({ endpoint }) => endpoint.host)].find(isLoopback);
  if (loopback !== undefined) warn(`${loopback} is a loopback address: on a node it is the node itself`);
  if (isOwn(image.host, schemeOf(pkg), pkg)) return;
  const hasMirror = reached.some(
    ({ host, endpoint }) => host === image.host && isOwn(endpoint.host, endpoint.scheme, pkg),
  );
  if (hasMirror) return;
  warn(
    `the images have the host ${image.host}, but the credentials are for ${registry.host}: nodes pull without credentials. Add ${keyOf('mirrors', image.host)} with an endpoint on ${registry.host}`,
  );
}
