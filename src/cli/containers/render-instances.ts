import { formatAge } from '../../lib/text/duration.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { Instance } from '../../model/instance.ts';
import type { Colors } from '../../terminal/output-stream.ts';
import { columnWidths, renderTable, tableWidth } from '../../terminal/table.ts';
import { clipMiddle } from '../../terminal/width.ts';
import { formatPorts, formatPortsShort } from './ports.ts';

/** The columns of a table and how they are shortened. */
interface Layout {
  readonly columns: readonly Column[];
  readonly image: 'whole' | 'without host' | 'last part';
  readonly isShort: boolean;
  /** Names and images may be clipped to this width, and ports to one. */
  readonly clip?: number;
}

type Column = 'NAME' | 'IMAGE' | 'STATUS' | 'PORTS' | 'CREATED' | 'ID';

const ALL: readonly Column[] = ['NAME', 'IMAGE', 'STATUS', 'PORTS', 'CREATED', 'ID'];

/** From wide to narrow. */
const LAYOUTS: readonly Layout[] = [
  { columns: ALL, image: 'whole', isShort: false },
  { columns: ALL, image: 'without host', isShort: false },
  { columns: ALL, image: 'without host', isShort: true },
  { columns: ALL, image: 'without host', isShort: true, clip: 30 },
  { columns: ['NAME', 'IMAGE', 'STATUS', 'PORTS', 'ID'], image: 'last part', isShort: true, clip: 24 },
  { columns: ['NAME', 'IMAGE', 'STATUS', 'PORTS'], image: 'last part', isShort: true, clip: 16 },
  { columns: ['NAME', 'IMAGE', 'STATUS'], image: 'last part', isShort: true, clip: 14 },
  { columns: ['NAME', 'STATUS'], image: 'last part', isShort: true, clip: 1 },
];

export interface RenderInstancesOptions {
  /** The terminal's width; undefined when the output is not a terminal, and all columns are printed in full. */
  readonly columns: number | undefined;
  readonly colors: Colors;
  readonly now: Date;
}

/** Renders containers as a table that fits the terminal. */
export function renderInstances(instances: readonly Instance[], options: RenderInstancesOptions): string {
  const { columns: width, colors } = options;
  const { head, rows } = width === undefined ? fullTable(instances) : fittingTable(instances, width, options.now);
  const status = head.indexOf('STATUS');
  const paint = (text: string, row: number, column: number): string => {
    const instance = instances[row];
    if (instance === undefined) return colors.bold(text);
    return column === status ? statusColor(instance, colors)(text) : text;
  };
  return renderTable(head, rows, { paint });
}

/** The color of a container's state. */
export function statusColor({ state, status, health }: Instance, colors: Colors): (text: string) => string {
  if (state === 'dead' || health === 'unhealthy') return colors.red;
  if (state === 'paused' || state === 'restarting' || health === 'starting') return colors.yellow;
  if (state === 'running') return colors.green;
  // The list response of the engine has the exit code only in this text.
  return state === 'exited' && /^Exited \((?!0\))/.test(status) ? colors.red : colors.dim;
}

interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function fullTable(instances: readonly Instance[]): Table {
  const rows = instances.map((instance) => [
    instance.name,
    instance.image.reference,
    instance.status,
    formatPorts(instance.ports).join(', '),
    instance.created,
    instance.id,
  ]);
  return { head: ALL, rows };
}

function fittingTable(instances: readonly Instance[], width: number, now: Date): Table {
  let table: Table = { head: [], rows: [] };
  for (const layout of LAYOUTS) {
    const rows = instances.map((instance) => layout.columns.map((column) => cellOf(column, instance, { layout, now })));
    table = { head: layout.columns, rows };
    const widths = columnWidths([table.head, ...rows]);
    if (tableWidth(widths) <= width) return table;
    const portsFloor = Math.max(...rows.map((cells) => firstPort(cells[layout.columns.indexOf('PORTS')] ?? '').length));
    const limits = limitsFor(widths, { layout, width, portsFloor });
    const clip = (cell: string, column: number) =>
      (layout.columns[column] === 'PORTS' ? clipPorts : clipMiddle)(cell, limits[column] ?? 0);
    table = { ...table, rows: rows.map((cells) => cells.map(clip)) };
    if (tableWidth(limits) <= width) return table;
  }
  // Narrower than the headings: clip everything.
  const limit = Math.max(1, Math.floor((width - 2) / 2));
  return {
    head: table.head.map((cell) => clipMiddle(cell, limit)),
    rows: table.rows.map((cells) => cells.map((cell) => clipMiddle(cell, limit))),
  };
}

/** Narrows the widest column that may be clipped, until the table fits or no column may be clipped further. */
function limitsFor(
  widths: readonly number[],
  { layout, width, portsFloor }: { layout: Layout; width: number; portsFloor: number },
): readonly number[] {
  const limits = [...widths];
  const { clip } = layout;
  if (clip === undefined) return limits;
  const floorOf = (column: Column): number => {
    if (column === 'NAME' || column === 'IMAGE') return Math.max(clip, column.length);
    if (column === 'PORTS') return Math.max(portsFloor, column.length);
    return clip === 1 ? column.length : Number.POSITIVE_INFINITY;
  };
  const floors = layout.columns.map((column, at) => Math.min(widths[at] ?? 0, floorOf(column)));
  for (let excess = tableWidth(limits) - width; excess > 0; excess--) {
    const space = limits.map((limit, at) => limit - (floors[at] ?? 0));
    const cut = limits.reduce((best, limit, at) => {
      if (space[at] === 0) return best;
      return best === -1 || limit > (limits[best] ?? 0) ? at : best;
    }, -1);
    if (cut === -1) break;
    limits[cut] = (limits[cut] ?? 0) - 1;
  }
  return limits;
}

/** As many ports as fit, at least one, and the number of the others. An address is never cut: it says who can connect. */
function clipPorts(text: string, columns: number): string {
  const ports = text.split(', ');
  for (let shown = ports.length; shown > 1; shown--) {
    const short = countOthers(ports, shown);
    if (short.length <= columns) return short;
  }
  return firstPort(text);
}

function firstPort(text: string): string {
  return countOthers(text.split(', '), 1);
}

function countOthers(ports: readonly string[], shown: number): string {
  const more = shown === ports.length ? '' : ` +${ports.length - shown}`;
  return `${ports.slice(0, shown).join(', ')}${more}`;
}

function cellOf(column: Column, instance: Instance, { layout, now }: { layout: Layout; now: Date }): string {
  const { isShort } = layout;
  switch (column) {
    case 'NAME':
      return sanitizeLine(instance.name);
    case 'IMAGE':
      return sanitizeLine(imageText(instance.image.reference, layout.image));
    case 'STATUS':
      return sanitizeLine(isShort ? shortenTimes(instance.status) : instance.status);
    case 'PORTS':
      return sanitizeLine((isShort ? formatPortsShort : formatPorts)(instance.ports).join(', '));
    case 'CREATED':
      return `${formatAge(now.getTime() - Date.parse(instance.created), { short: isShort })} ago`;
    case 'ID':
      return sanitizeLine(instance.id.slice(0, 12));
  }
}

function imageText(reference: string, form: Layout['image']): string {
  // An image without a tag is shown by its id.
  if (/^sha256:[0-9a-f]{64}$/.test(reference)) return reference.slice(7, 19);
  if (form === 'whole') return reference;
  const withoutDigest = reference.replace(/@sha256:([0-9a-f]{8})[0-9a-f]{56}$/, '@$1…');
  const parts = withoutDigest.split('/');
  const first = parts[0] ?? '';
  const isHost = parts.length > 1 && (first === 'localhost' || /[.:]/.test(first));
  return form === 'last part' ? (parts.at(-1) ?? '') : parts.slice(isHost ? 1 : 0).join('/');
}

/** `Exited (137) 3 weeks ago` as `Exited (137) 3w ago`. */
function shortenTimes(status: string): string {
  return status
    .replace(/Less than a second/, '0s')
    .replace(/About an? (minute|hour)/, (_, unit: string) => `1${unit.charAt(0)}`)
    .replace(/(\d+) (second|minute|hour|day|week|month|year)s?/, (_, count: string, unit: string) =>
      unit === 'month' ? `${count}mo` : `${count}${unit.charAt(0)}`,
    );
}
