import { formatImageReference, type ImageReference, parseImageReference } from '../image-ref.ts';
import { type Endpoint, endpointUrl, lookUpKeys, readEndpoint } from './endpoint.ts';
import type { Registries, RegistryAccess, RegistryMirror } from './registries.ts';
import { rewriteRepository } from './rewrite.ts';

/** An address that a node tries for an image. */
export interface PullEndpoint {
  /** Of the API: `https://registry.example.com/v2`. */
  readonly url: string;
  /** The repository that is asked for there, rewritten. */
  readonly repository: string;
  /** What is requested first. */
  readonly manifest: string;
  /** The rewrite that applies. */
  readonly rewrite?: { readonly pattern: string; readonly replacement: string };
  /** It is what containerd tries at the end in any case. */
  readonly isDefault: boolean;
  /** How the server's certificate is checked; `none` over http. */
  readonly tls: 'verified' | 'unverified' | 'none';
  /** The file on the node with the authority that signed it. */
  readonly caFile?: string;
  /** Whose credentials are sent; absent: nobody's. */
  readonly username?: string;
}

/** Where a node looks for an image. */
export interface PullExplanation {
  /** The whole reference: `docker.io/library/python:3.12`. */
  readonly image: string;
  /** The entry of `mirrors` that applies; absent when none does. */
  readonly mirror?: string;
  /** In the order in which they are tried; the default endpoint is the last. */
  readonly endpoints: readonly PullEndpoint[];
  readonly warnings: readonly string[];
}

/**
 * Which endpoints a node with such a registries.yaml would try for an image, as `getHostConfigs` of k3s has it.
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
  // Named at the end, the default endpoint is tried there only, and takes the mirror's rewrites.
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

/** The wildcard is for hosts that have neither a mirror nor a config of their own. */
function findMirror(
  host: string,
  { mirrors, configs }: Registries,
): { readonly key: string; readonly mirror: RegistryMirror } | undefined {
  for (const key of isKnown(configs.get(host)) ? [host] : [host, '*']) {
    const mirror = mirrors.get(key);
    if (mirror !== undefined && mirror.endpoints.length > 0) return { key, mirror };
  }
  return undefined;
}

function isKnown({ auth, tls }: RegistryAccess = {}): boolean {
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
    warnings.push(`the rewrites ${patterns} both apply, and k3s takes either: it keeps no order of them`);
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
    .find(isKnown);
  const { caFile, insecureSkipVerify } = access?.tls ?? {};
  const username = access?.auth?.username;
  return {
    tls: scheme === 'http' ? 'none' : insecureSkipVerify === true ? 'unverified' : 'verified',
    ...(caFile === undefined || scheme === 'http' ? {} : { caFile }),
    ...(username === undefined ? {} : { username }),
  };
}
