import { BlockList, isIP } from 'node:net';
import { isLoopback } from '../host.ts';
import type { EnvironmentVariables } from '../process/exec.ts';

/**
 * The proxy for a URL by the environment variables, or undefined for a direct connection.
 *
 * proxy-from-env and undici's EnvHttpProxyAgent know no CIDR ranges in NO_PROXY, which Go's programs do.
 *
 * Reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY in either case, as Go's programs (and so docker) do: NO_PROXY holds host
 * names, `.suffixes`, addresses and CIDR ranges, each with an optional port, or `*`. A loopback host, `*.localhost` among them, is always
 * reached directly.
 */
export function proxyFor(url: URL, env: EnvironmentVariables): string | undefined {
  const host = hostOf(url);
  if (isLoopback(url.host) || host.endsWith('.localhost')) return undefined;
  const proxy = url.protocol === 'https:' ? read(env, 'HTTPS_PROXY') : read(env, 'HTTP_PROXY');
  if (proxy === undefined) return undefined;
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const exceptions = (read(env, 'NO_PROXY') ?? '').split(/[\s,]+/).filter((entry) => entry !== '');
  if (exceptions.some((entry) => matches(entry.toLowerCase(), host, port))) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

/** The host of a URL in lower case, an IPv6 address without its brackets. */
function hostOf(url: URL): string {
  return url.hostname.toLowerCase().replace(/^\[(.*)\]$/, '$1');
}

function read(env: EnvironmentVariables, name: string): string | undefined {
  return env[name.toLowerCase()] || env[name] || undefined;
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return inRange(entry, host);
  const [, name = entry, entryPort] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
  if (entryPort !== undefined && entryPort !== port) return false;
  const bare = name.replace(/^\[(.*)\]$/, '$1').replace(/^\*?\./, '');
  return host === bare || (isIP(host) === 0 && host.endsWith(`.${bare}`));
}

function inRange(range: string, host: string): boolean {
  const version = isIP(host);
  const [address = '', bits = ''] = range.split('/');
  if (version === 0 || isIP(address) !== version || !/^\d{1,3}$/.test(bits)) return false;
  if (Number(bits) > (version === 4 ? 32 : 128)) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(address, Number(bits), family);
  return list.check(host, family);
}
