import { isLoopback, splitPort } from '../lib/host.ts';

interface Address {
  readonly scheme: string;
  /** `host[:port]` that is connected to, and the key of its credentials in containerd's config. */
  readonly host: string;
}

/** An endpoint as k3s understands it (`normalizeEndpointAddress` in its `pkg/agent/containerd/config.go`). */
export interface Endpoint extends Address {
  /** What comes before the repository: `/v2` unless the endpoint has a path of its own. */
  readonly path: string;
}

const HUB = 'docker.io';
const HUB_ALIAS = 'index.docker.io';
const HUB_SERVER = 'registry-1.docker.io';

/** Reads an endpoint. Without a scheme it is https, but http for a loopback address with a port other than 443. */
export function readEndpoint(text: string): Endpoint {
  const [, scheme, authority = '', path = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/]*)(.*)$/is.exec(text) ?? [];
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  return {
    scheme: scheme?.toLowerCase() ?? (isPlainLoopback(host) ? 'http' : 'https'),
    host: serverOf(host),
    path: path === '' || path === '/' ? '/v2' : path,
  };
}

/** The same text for two endpoints that k3s takes for one. */
export function endpointUrl({ scheme, host, path }: Endpoint): string {
  return `${scheme}://${host}${path}`;
}

/** An endpoint without the credentials that its URL may hold; k3s makes no use of those. */
export function withoutUserInfo(endpoint: string): string {
  return endpoint.replace(/^([a-z][a-z0-9+.-]*:\/\/)?[^/]*@/is, '$1');
}

/** What containerd connects to for a `host[:port]` in an image's name. */
function serverOf(host: string): string {
  return host === HUB ? HUB_SERVER : host;
}

/** The keys that access to a `host[:port]` is written under: Docker Hub goes by several names. */
export function accessKeys(host: string): readonly string[] {
  if (host === HUB || host === HUB_SERVER) return [HUB, HUB_SERVER];
  return host === HUB_ALIAS ? [HUB, HUB_SERVER, HUB_ALIAS] : [host];
}

/** The keys under which k3s looks for the access to an endpoint's host, the first that is there counts (`configForHost`). */
export function lookUpKeys(host: string): readonly string[] {
  return host === HUB_SERVER ? [HUB_SERVER, HUB] : [host];
}

/** The host as images name it: that of an `index.docker.io/…` is `docker.io`. */
export function imageHostOf(host: string): string {
  return host === HUB_ALIAS ? HUB : host;
}

/** Whether two addresses are the same server and port, which its scheme says where none is written. */
export function isSameServer(one: Address, other: Address): boolean {
  return canonical(one) === canonical(other);
}

function canonical({ host, scheme }: Address): string {
  const { host: name, port = scheme === 'http' ? '80' : '443' } = splitPort(host.toLowerCase());
  return `${accessKeys(name)[0]}:${Number(port)}`;
}

// containerd's `IsLocalhost`, which knows lower case only.
function isPlainLoopback(host: string): boolean {
  const { port = '' } = splitPort(host);
  return port !== '' && port !== '443' && host === host.toLowerCase() && isLoopback(host);
}
