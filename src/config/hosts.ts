import { isLoopback, splitPort } from '../lib/host.ts';
import type { PackageValues } from './package-values.ts';
import * as basics from './schema/basic-parsers.ts';
import * as names from './schema/name-parsers.ts';

const DEFAULT_PORTS = { http: '80', https: '443' } as const;

export type Scheme = keyof typeof DEFAULT_PORTS;

/** Returns the `host[:port]` of the registry: from `registry.host`, else `docker.registryhost`, else `image.registry`. */
export function registryHost(values: PackageValues): string | undefined {
  return (
    hostWithPort(values, ['registry', 'host'], ['registry', 'port']) ??
    hostWithPort(values, ['docker', 'registryhost'], ['docker', 'registryport']) ??
    values.value(['image', 'registry'], names.host)
  );
}

/** Returns the `host[:port]` in image names: from `image.registry`, else that of the registry. */
export function imageHost(values: PackageValues): string | undefined {
  return values.value(['image', 'registry'], names.host) ?? registryHost(values);
}

/** Returns the scheme of the registry's API: that of the first mirror endpoint with its host, else http on loopback and https elsewhere. */
export function registryScheme(values: PackageValues, own: string): Scheme {
  for (const mirror of values.keys(['registry', 'mirrors'])) {
    for (const endpoint of values.list(['registry', 'mirrors', mirror, 'endpoint'], names.endpoint)) {
      const { scheme, host } = splitEndpoint(endpoint);
      if (isSameHost(host, own, scheme)) return scheme;
    }
  }
  return isLoopback(own) ? 'http' : 'https';
}

/** Compares two `host[:port]`. An absent port counts as the default port of the scheme. */
export function isSameHost(one: string, other: string, scheme: Scheme): boolean {
  return canonical(one, scheme) === canonical(other, scheme);
}

function hostWithPort(
  values: PackageValues,
  hostKey: readonly string[],
  portKey: readonly string[],
): string | undefined {
  const host = values.value(hostKey, names.host);
  if (host === undefined || splitPort(host).port !== undefined) return host;
  const port = values.value(portKey, basics.port);
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
