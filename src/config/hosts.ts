import { isLoopback, splitPort } from '../lib/host.ts';
import * as kinds from './schema/kinds.ts';
import * as names from './schema/name-kinds.ts';
import type { Values } from './values.ts';

const DEFAULT_PORTS = { http: '80', https: '443' } as const;

export type Scheme = keyof typeof DEFAULT_PORTS;

/** The `host[:port]` of the registry itself: `registry.host`, else `docker.registryhost`, else `image.registry`. */
export function registryHost(values: Values): string | undefined {
  return (
    hostWithPort(values, ['registry', 'host'], ['registry', 'port']) ??
    hostWithPort(values, ['docker', 'registryhost'], ['docker', 'registryport']) ??
    values.value(['image', 'registry'], names.host)
  );
}

/** The `host[:port]` in image names: `image.registry`, else the registry's own. */
export function imageHost(values: Values): string | undefined {
  return values.value(['image', 'registry'], names.host) ?? registryHost(values);
}

/** The scheme of the registry's API: that of the first mirror endpoint on its host; else http on loopback, https elsewhere. */
export function registryScheme(values: Values, own: string): Scheme {
  for (const mirror of values.keys(['registry', 'mirrors'])) {
    for (const endpoint of values.list(['registry', 'mirrors', mirror, 'endpoint'], names.endpoint)) {
      const { scheme, host } = splitEndpoint(endpoint);
      if (isSameHost(host, own, scheme)) return scheme;
    }
  }
  return isLoopback(own) ? 'http' : 'https';
}

/** Whether two `host[:port]` are the same server under a scheme, whose default port may be written or not. */
export function isSameHost(one: string, other: string, scheme: Scheme): boolean {
  return canonical(one, scheme) === canonical(other, scheme);
}

function hostWithPort(values: Values, hostKey: readonly string[], portKey: readonly string[]): string | undefined {
  const host = values.value(hostKey, names.host);
  if (host === undefined || splitPort(host).port !== undefined) return host;
  const port = values.value(portKey, kinds.port);
  return port === undefined ? host : `${host}:${port}`;
}

function splitEndpoint(endpoint: string): { scheme: Scheme; host: string } {
  const match = /^(https?):\/\/([^/]*)/i.exec(endpoint);
  const host = (match?.[2] ?? '').replace(/^.*@/s, '');
  return { scheme: match?.[1]?.toLowerCase() === 'http' ? 'http' : 'https', host };
}

function canonical(written: string, scheme: Scheme): string {
  const { host, port } = splitPort(written.toLowerCase());
  return `${host}:${Number(port ?? DEFAULT_PORTS[scheme])}`;
}
