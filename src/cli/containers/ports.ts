import type { InstancePort } from '../../model/instance.ts';

/** A published port, or several in a row, with all the addresses that it is published at alike. */
interface Run {
  readonly addresses: readonly string[];
  readonly protocol: string;
  readonly port: number;
  readonly published: number | undefined;
  readonly length: number;
}

/**
 * Ports as people read them: `127.0.0.1:8080->80/tcp`, `*:8000-8010->8000-8010/tcp` where IPv4 and IPv6 of all addresses are
 * meant, `443/tcp` for one that is not published.
 */
export function formatPorts(ports: readonly InstancePort[]): string[] {
  return runsOf(ports).map(({ addresses, protocol, port, published, length }) => {
    const inside = `${range(port, length)}/${protocol}`;
    return published === undefined ? inside : `${addressText(addresses)}:${range(published, length)}->${inside}`;
  });
}

/** The published ports only, without addresses and without what goes without saying: `8080->80`, `53->53/udp`. */
export function formatPortsShort(ports: readonly InstancePort[]): string[] {
  return runsOf(ports).flatMap(({ protocol, port, published, length }) => {
    const suffix = protocol === 'tcp' ? '' : `/${protocol}`;
    return published === undefined ? [] : [`${range(published, length)}->${range(port, length)}${suffix}`];
  });
}

function runsOf(ports: readonly InstancePort[]): Run[] {
  const single = new Map<string, Run>();
  for (const { port, protocol, published } of ports) {
    const key = `${protocol} ${port} ${published?.port}`;
    const addresses = single.get(key)?.addresses ?? [];
    const address = published === undefined || addresses.includes(published.address) ? [] : [published.address];
    single.set(key, { addresses: [...addresses, ...address], protocol, port, published: published?.port, length: 1 });
  }
  const sorted = [...single.values()].sort(
    (a, b) =>
      compare(a.protocol, b.protocol) ||
      Number(a.published === undefined) - Number(b.published === undefined) ||
      a.port - b.port ||
      (a.published ?? 0) - (b.published ?? 0),
  );
  const runs: Run[] = [];
  for (const next of sorted) {
    const run = runs.at(-1);
    if (run !== undefined && continues(run, next)) runs[runs.length - 1] = { ...run, length: run.length + 1 };
    else runs.push(next);
  }
  return runs;
}

/** By code units: a process's first `localeCompare` loads tables for all languages, which takes as long as asking the engine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function continues(run: Run, next: Run): boolean {
  const follows = (first: number | undefined, then: number | undefined) =>
    first === undefined ? then === undefined : then === first + run.length;
  return (
    run.protocol === next.protocol &&
    follows(run.port, next.port) &&
    follows(run.published, next.published) &&
    addressText(run.addresses) === addressText(next.addresses)
  );
}

function addressText(addresses: readonly string[]): string {
  if (addresses.includes('0.0.0.0') && addresses.includes('::')) return '*';
  return addresses
    .map((address) => (address.includes(':') ? `[${address}]` : address))
    .sort()
    .join(',');
}

function range(first: number, length: number): string {
  return length === 1 ? String(first) : `${first}-${first + length - 1}`;
}
