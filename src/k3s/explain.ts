import { formatImageReference, type ImageReference, parseImageReference } from '../image-ref.ts';
import { type Endpoint, endpointUrl, lookUpKeys, readEndpoint } from './endpoint.ts';
import type { Registries, RegistryAccess, RegistryMirror } from './registries-yaml/registries.ts';
import { rewriteRepository } from './rewrite.ts';
import { hasFault, versionWarnings } from './versions.ts';

/** An endpoint that a node tries for an image. */
export interface PullEndpoint {
  /** The URL of the API: `https://registry.example.com/v2`. */
  readonly url: string;
  /** The repository that is requested there, after the rewrite. */
  readonly repository: string;
  /** The URL of the first request. */
  readonly manifest: string;
  /** The rewrite that applies; absent when none does. */
  readonly rewrite?: { readonly pattern: string; readonly replacement: string };
  /** Whether it is the default endpoint, which containerd always tries last. */
  readonly isDefault: boolean;
  /** How the server's certificate is verified; `none` over http. */
  readonly tls: 'verified' | 'unverified' | 'none';
  /** The CA file on the node. */
  readonly caFile?: string;
  /** The user whose credentials are sent; absent when none are. */
  readonly username?: string;
}

/** The endpoints that a node tries for an image. */
export interface PullExplanation {
  /** The full reference: `docker.io/library/python:3.12`. */
  readonly image: string;
  /** The entry of `mirrors` that applies; absent when none does. */
  readonly mirror?: string;
  /** In the order in which they are tried. The default endpoint is the last, where it is tried. */
  readonly endpoints: readonly PullEndpoint[];
  readonly warnings: readonly string[];
}

/**
 * The endpoints that a node with this registries.yaml tries for an image. Follows `getHostConfigs` of k3s.
 *
 * @param k3sVersion the version of the nodes. @default one without known faults
 * @throws {ObjDockerError} REFERENCE_INVALID
 */
export function explainPull(image: string, registries: Registries, k3sVersion?: string): PullExplanation {
  const parsed = parseImageReference(image);
  const reference = parsed.tag === undefined && parsed.digest === undefined ? { ...parsed, tag: 'latest' } : parsed;
  const warnings: string[] = [];
  const found = findMirror(reference.domain, registries);
  const named = found?.mirror.endpoints.map(readEndpoint) ?? [];
  const endpoints = distinct(named);
  const fallback = readEndpoint(reference.domain);
  const last = endpoints.at(-1);
  // If the host's own mirror lists the default endpoint last, k3s tries it once, with the mirror's rewrites. Behind "*" the default
  // endpoint is another for each image, so that k3s does not compare it.
  const isNamedLast =
    last !== undefined &&
    last === named.at(-1) &&
    found?.key === reference.domain &&
    endpointUrl(last) === endpointUrl(fallback);
  const describe = (endpoint: Endpoint, mirror: RegistryMirror | undefined, isDefault: boolean): PullEndpoint => ({
    ...describeRequest(endpoint, { reference, mirror, warnings }),
    isDefault,
    ...describeAccess(endpoint, registries),
  });
  const triesDefault = found?.key !== '*' || !hasFault(k3sVersion, 'wildcard-without-default');
  const byDefault = describe(fallback, undefined, true);
  const ignoresTls = found === undefined && hasFault(k3sVersion, 'tls-without-mirror');
  return {
    image: formatImageReference(reference),
    ...(found === undefined ? {} : { mirror: found.key }),
    endpoints: [
      ...endpoints.map((endpoint, index) =>
        describe(endpoint, found?.mirror, isNamedLast && index === endpoints.length - 1),
      ),
      ...(isNamedLast || !triesDefault ? [] : [ignoresTls ? withoutTlsSettings(byDefault) : byDefault]),
    ],
    warnings: [...new Set([...warnings, ...warningsAbout(reference.domain, { found, registries, k3sVersion })])],
  };
}

/** k3s skips an endpoint whose URL came before. */
function distinct(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const urls = endpoints.map(endpointUrl);
  return endpoints.filter((_, index) => urls.indexOf(urls[index] ?? '') === index);
}

function withoutTlsSettings({ caFile: _, tls, ...endpoint }: PullEndpoint): PullEndpoint {
  return { ...endpoint, tls: tls === 'none' ? 'none' : 'verified' };
}

interface ExplainedMirror {
  readonly found: ReturnType<typeof findMirror>;
  readonly registries: Registries;
  readonly k3sVersion: string | undefined;
}

/** What versions of k3s make of the entries that matter for this image. */
function warningsAbout(host: string, { found, registries, k3sVersion }: ExplainedMirror): readonly string[] {
  const mirrors = new Map(found === undefined ? [] : [[found.key, found.mirror]]);
  const configs = new Map([...registries.configs].filter(([key]) => lookUpKeys(readEndpoint(host).host).includes(key)));
  return versionWarnings({ mirrors, configs: found?.key === '*' ? new Map() : configs }, k3sVersion);
}

/** The wildcard applies to hosts that have neither a mirror nor a config of their own. */
function findMirror(
  host: string,
  { mirrors, configs }: Registries,
): { readonly key: string; readonly mirror: RegistryMirror } | undefined {
  for (const key of isConfigured(configs.get(host)) ? [host] : [host, '*']) {
    const mirror = mirrors.get(key);
    if (mirror !== undefined && mirror.endpoints.length > 0) return { key, mirror };
  }
  return undefined;
}

function isConfigured({ auth, tls }: RegistryAccess = {}): boolean {
  return [auth, tls].some((part) => part !== undefined && Object.values(part).some((value) => value !== undefined));
}

interface RequestContext {
  readonly reference: ImageReference;
  readonly mirror: RegistryMirror | undefined;
  readonly warnings: string[];
}

function describeRequest(
  endpoint: Endpoint,
  { reference, mirror, warnings }: RequestContext,
): Pick<PullEndpoint, 'url' | 'repository' | 'manifest' | 'rewrite'> {
  const { path } = reference;
  const rewrites = [...(mirror?.rewrite ?? [])].map(([pattern, replacement]) => ({
    pattern,
    replacement,
    to: rewriteRepository(path, pattern, replacement),
  }));
  for (const { pattern, to } of rewrites)
    if (to === undefined) warnings.push(`k3s cannot compile the rewrite ${JSON.stringify(pattern)} and ignores it`);
  const matching = rewrites.filter(({ to }) => to !== undefined && to !== path);
  const [first, ...more] = matching;
  if (more.length > 0) {
    const patterns = matching.map(({ pattern }) => JSON.stringify(pattern)).join(' and ');
    warnings.push(`the rewrites ${patterns} both match: k3s keeps no order of rewrites and may use either`);
  }
  const repository = first?.to ?? path;
  const url = endpointUrl(endpoint);
  return {
    url,
    repository,
    manifest: `${url.replace(/\/+$/, '')}/${repository}/manifests/${reference.digest ?? reference.tag ?? ''}`,
    ...(first === undefined ? {} : { rewrite: { pattern: first.pattern, replacement: first.replacement } }),
  };
}

function describeAccess(
  { host, scheme }: Endpoint,
  { configs }: Registries,
): Pick<PullEndpoint, 'tls' | 'caFile' | 'username'> {
  const access = lookUpKeys(host)
    .map((key) => configs.get(key))
    .find(isConfigured);
  const { caFile, insecureSkipVerify } = access?.tls ?? {};
  const username = access?.auth?.username;
  return {
    tls: scheme === 'http' ? 'none' : insecureSkipVerify === true ? 'unverified' : 'verified',
    ...(caFile === undefined || scheme === 'http' ? {} : { caFile }),
    ...(username === undefined ? {} : { username }),
  };
}
