import { formatImageReference, type ImageReference, parseImageReference } from '../image-ref.ts';
import { type Endpoint, endpointUrl, lookUpKeys, readEndpoint } from './endpoint.ts';
import type { Registries, RegistryAccess, RegistryMirror } from './registries.ts';
import { rewriteRepository } from './rewrite.ts';

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
  /** In the order in which they are tried. The default endpoint is the last. */
  readonly endpoints: readonly PullEndpoint[];
  readonly warnings: readonly string[];
}

/**
 * The endpoints that a node with this registries.yaml tries for an image. Follows `getHostConfigs` of k3s.
 *
 * @throws {ObjDockerError} REFERENCE_INVALID
 */
export function explainPull(image: string, registries: Registries): PullExplanation {
  const parsed = parseImageReference(image);
  const reference = parsed.tag === undefined && parsed.digest === undefined ? { ...parsed, tag: 'latest' } : parsed;
  const warnings: string[] = [];
  const found = findMirror(reference.domain, registries);
  const endpoints = found === undefined ? [] : found.mirror.endpoints.map(readEndpoint);
  const fallback = readEndpoint(reference.domain);
  const last = endpoints.at(-1);
  // If the mirror lists the default endpoint last, k3s tries it once, with the mirror's rewrites.
  const isNamedLast = last !== undefined && endpointUrl(last) === endpointUrl(fallback);
  const describe = (endpoint: Endpoint, mirror: RegistryMirror | undefined, isDefault: boolean): PullEndpoint => ({
    ...describeRequest(endpoint, { reference, mirror, warnings }),
    isDefault,
    ...describeAccess(endpoint, registries),
  });
  return {
    image: formatImageReference(reference),
    ...(found === undefined ? {} : { mirror: found.key }),
    endpoints: [
      ...endpoints.map((endpoint, index) =>
        describe(endpoint, found?.mirror, isNamedLast && index === endpoints.length - 1),
      ),
      ...(isNamedLast ? [] : [describe(fallback, undefined, true)]),
    ],
    warnings: [...new Set(warnings)],
  };
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
  const matching = [...(mirror?.rewrite ?? [])]
    .map(([pattern, replacement]) => ({ pattern, replacement, to: rewriteRepository(path, pattern, replacement) }))
    .filter(({ to }) => to !== undefined && to !== path);
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
