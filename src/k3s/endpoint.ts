import { isLoopback, splitPort } from '../lib/host.ts';

interface Address {
  readonly scheme: string;
  /** The `host[:port]` to connect to, which is also the key of its credentials in containerd's config. */
  readonly host: string;
}

/** An endpoint as k3s reads it (`normalizeEndpointAddress` in its `pkg/agent/containerd/config.go`). */
export interface Endpoint extends Address {
  /** The path before the repository: `/v2` unless the endpoint has a path of its own. */
  readonly path: string;
}

const HUB = 'docker.io';
const HUB_ALIAS = 'index.docker.io';
const HUB_SERVER = 'registry-1.docker.io';

/** Parses an endpoint. Without a scheme it is https, or http for a loopback address with a port other than 443. */
export function readEndpoint(text: string): Endpoint {
  const [, scheme, authority = '', path = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/]*)(.*)$/is.exec(text) ?? [];
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  return {
    scheme: scheme?.toLowerCase() ?? (isPlainLoopback(host) ? 'http' : 'https'),
    host: serverOf(host),
    path: path === '' || path === '/' ? '/v2' : path,
  };
}

/** Endpoints that are the same for k3s have the same URL. */
export function endpointUrl({ scheme, host, path }: Endpoint): string {
  return `${scheme}://${host}${path}`;
}

/** Removes credentials from the URL of an endpoint. k3s does not use them. */
export function withoutUserInfo(endpoint: string): string {
  return endpoint.replace(/^([a-z][a-z0-9+.-]*:\/\/)?[^/]*@/is, '$1');
}

/** The `host[:port]` that containerd connects to for a host in an image name. */
function serverOf(host: string): string {
  return host === HUB ? HUB_SERVER : host;
}

/** The keys under which the access to a `host[:port]` is written. Docker Hub has several names. */
export function accessKeys(host: string): readonly string[] {
  if (host === HUB || host === HUB_SERVER) return [HUB, HUB_SERVER];
  return host === HUB_ALIAS ? [HUB, HUB_SERVER, HUB_ALIAS] : [host];
}

/** The keys under which k3s looks up the access to an endpoint's host; the first one found counts (`configForHost`). */
export function lookUpKeys(host: string): readonly string[] {
  return host === HUB_SERVER ? [HUB_SERVER, HUB] : [host];
}

/** The host as in image names: `index.docker.io` is `docker.io`. */
export function imageHostOf(host: string): string {
  return host === HUB_ALIAS ? HUB : host;
}

/** Whether two addresses are the same server and port. The scheme gives the default port. */
export function isSameServer(one: Address, other: Address): boolean {
  return canonical(one) === canonical(other);
}

function canonical({ host, scheme }: Address): string {
  const { host: name, port = scheme === 'http' ? '80' : '443' } = splitPort(host.toLowerCase());
  return `${accessKeys(name)[0]}:${Number(port)}`;
}

// containerd's `IsLocalhost`, which accepts lower case only.
function isPlainLoopback(host: string): boolean {
  const { port = '' } = splitPort(host);
  return port !== '' && port !== '443' && host === host.toLowerCase() && isLoopback(host);
}
