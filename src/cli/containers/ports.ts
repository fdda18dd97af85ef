import type { InstancePort } from '../../model/instance.ts';

/** A port or a range of consecutive ports that are published at the same addresses. */
interface PortRange {
  readonly addresses: readonly string[];
  readonly protocol: string;
  readonly port: number;
  readonly published: number | undefined;
  readonly length: number;
}

/**
 * Formats ports: `127.0.0.1:8080->80/tcp`; `*:8000-8010->8000-8010/tcp` for all IPv4 and IPv6 addresses; `443/tcp` for a port that
 * is not published.
 */
export function formatPorts(ports: readonly InstancePort[]): string[] {
  return groupRanges(ports).map(({ addresses, protocol, port, published, length }) => {
    const inside = `${formatRange(port, length)}/${protocol}`;
    return published === undefined ? inside : `${addressText(addresses)}:${formatRange(published, length)}->${inside}`;
  });
}

/** Formats published ports: `127.0.0.1:8080->80`, `53->53/udp`. Without an address, a port is published at all of them. */
export function formatPortsShort(ports: readonly InstancePort[]): string[] {
  return groupRanges(ports).flatMap(({ addresses, protocol, port, published, length }) => {
    if (published === undefined) return [];
    const isEverywhere = addresses.some((address) => ALL_ADDRESSES.includes(address));
    const prefix = isEverywhere ? '' : `${addressText(addresses)}:`;
    const suffix = protocol === 'tcp' ? '' : `/${protocol}`;
    return [`${prefix}${formatRange(published, length)}->${formatRange(port, length)}${suffix}`];
  });
}

const ALL_ADDRESSES = ['0.0.0.0', '::'];

function groupRanges(ports: readonly InstancePort[]): PortRange[] {
  const single = new Map<string, PortRange>();
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
  const ranges: PortRange[] = [];
  for (const next of sorted) {
    const last = ranges.at(-1);
    if (last !== undefined && continues(last, next)) ranges[ranges.length - 1] = { ...last, length: last.length + 1 };
    else ranges.push(next);
  }
  return ranges;
}

/** Compares code units: the first `localeCompare` of a process takes as long as a request to the engine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function continues(range: PortRange, next: PortRange): boolean {
  const follows = (first: number | undefined, then: number | undefined) =>
    first === undefined ? then === undefined : then === first + range.length;
  return (
    range.protocol === next.protocol &&
    follows(range.port, next.port) &&
    follows(range.published, next.published) &&
    addressText(range.addresses) === addressText(next.addresses)
  );
}

function addressText(addresses: readonly string[]): string {
  if (ALL_ADDRESSES.every((address) => addresses.includes(address))) return '*';
  return addresses
    .map((address) => (address.includes(':') ? `[${address}]` : address))
    .sort()
    .join(',');
}

function formatRange(first: number, length: number): string {
  return length === 1 ? String(first) : `${first}-${first + length - 1}`;
}
