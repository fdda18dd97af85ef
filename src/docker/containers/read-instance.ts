import { asRecord, asText } from '../../lib/json.ts';
import { INSTANCE_STATES, type InstanceState } from '../../model/enums.ts';
import type { Instance, InstanceHealth, InstancePort } from '../../model/instance.ts';

type Row = Readonly<Record<string, unknown>>;

/** Reads one element of the response of `GET /containers/json`; undefined when it is not a container. */
export function readInstance(row: unknown): Instance | undefined {
  const container = asRecord(row);
  const id = asText(container?.Id);
  if (container === undefined || id === undefined) return undefined;
  const status = asText(container.Status) ?? '';
  const state = readState(container.State, status);
  const health = state === 'running' ? readHealthText(status) : undefined;
  return {
    id,
    name: ownName(container.Names) ?? id.slice(0, 12),
    image: { reference: asText(container.Image) ?? '', id: asText(container.ImageID) ?? '' },
    state,
    status,
    ...(health === undefined ? {} : { health }),
    created: new Date(typeof container.Created === 'number' ? container.Created * 1000 : 0).toISOString(),
    ports: readPorts(container.Ports),
    labels: readLabels(container.Labels),
  };
}

/**
 * Reads a state. An unknown state counts as `running` when the status text starts with `Up`, else as `exited`; the instance's
 * `status` keeps the engine's text.
 */
export function readState(state: unknown, status = ''): InstanceState {
  return INSTANCE_STATES.find((known) => known === state) ?? (status.startsWith('Up') ? 'running' : 'exited');
}

/** A name without the slash that the engine puts before it. */
export function bareName(name: string): string {
  return name.startsWith('/') ? name.slice(1) : name;
}

/** The engine also lists the names that links give: `/other/alias`. */
function ownName(names: unknown): string | undefined {
  const known = Array.isArray(names) ? names.map(asText).filter((name) => name !== undefined) : [];
  return known.map(bareName).find((name) => !name.includes('/'));
}

/** A listing has the health only in the status text: `Up 5 minutes (health: starting)`. */
function readHealthText(status: string): InstanceHealth | undefined {
  const [, word] = /\((?:health: )?(starting|healthy|unhealthy)\)$/.exec(status) ?? [];
  return readHealth(word);
}

export function readHealth(word: unknown): InstanceHealth | undefined {
  return word === 'starting' || word === 'healthy' || word === 'unhealthy' ? word : undefined;
}

export function readLabels(labels: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(asRecord(labels) ?? {}).map(([key, value]) => [key, String(value)]));
}

function readPorts(ports: unknown): InstancePort[] {
  const rows = Array.isArray(ports) ? ports.flatMap((port) => readPort(asRecord(port))) : [];
  return rows.sort(
    (a, b) =>
      a.port - b.port ||
      compare(a.protocol, b.protocol) ||
      addressFamily(a) - addressFamily(b) ||
      compare(a.published?.address ?? '', b.published?.address ?? '') ||
      (a.published?.port ?? 0) - (b.published?.port ?? 0),
  );
}

function readPort(row: Row | undefined): InstancePort[] {
  if (typeof row?.PrivatePort !== 'number') return [];
  const port = { port: row.PrivatePort, protocol: asText(row.Type) ?? 'tcp' };
  if (typeof row.PublicPort !== 'number' || row.PublicPort === 0) return [port];
  return [{ ...port, published: { address: asText(row.IP) ?? '0.0.0.0', port: row.PublicPort } }];
}

function addressFamily({ published }: InstancePort): number {
  return published?.address.includes(':') ? 6 : 4;
}

/** Compares by code units, independent of the locale. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
