import { formatAge, formatDuration } from '../../lib/text/duration.ts';
import { sanitize, sanitizeLine } from '../../lib/text/sanitize.ts';
import { shellQuote } from '../../lib/text/shell-quote.ts';
import type { InstanceDetail, InstanceMount, InstanceNetwork } from '../../model/instance.ts';
import type { Colors } from '../../terminal/output-stream.ts';
import { wrap } from '../../terminal/wrap.ts';
import { formatPorts } from './ports.ts';
import { type RenderInstancesOptions, statusColor } from './render-instances.ts';

/** A line of a section. The value is sanitized. */
type Field = readonly [name: string, value: string];

interface Section {
  readonly title: string;
  readonly fields: readonly Field[];
}

/** Renders a container in detail. Empty sections are omitted. */
export function renderInstance(instance: InstanceDetail, { columns, colors, now }: RenderInstancesOptions): string {
  const age = (time: string) => `${sanitizeLine(time)} (${formatAge(now.getTime() - Date.parse(time))} ago)`;
  const sections: Section[] = [
    { title: sanitizeLine(instance.name), fields: mainFields(instance, { colors, age }) },
    { title: 'health', fields: probeFields(instance, { colors, age }) },
    { title: 'ports', fields: formatPorts(instance.ports).map((port) => ['', sanitizeLine(port)]) },
    { title: 'mounts', fields: instance.mounts.map((mount) => [sanitizeLine(mount.type), mountText(mount)]) },
    { title: 'networks', fields: instance.networks.map((network) => [sanitizeLine(network.name), addresses(network)]) },
    {
      title: 'labels',
      fields: Object.entries(instance.labels).map(([key, value]) => ['', sanitizeLine(`${key}=${value}`)]),
    },
  ];
  return sections
    .filter(({ fields }) => fields.length > 0)
    .map(({ title, fields }) => [colors.bold(title), ...fieldLines(fields, columns)].join('\n'))
    .join('\n\n');
}

interface FieldOptions {
  readonly colors: Colors;
  readonly age: (time: string) => string;
}

function mainFields(instance: InstanceDetail, { colors, age }: FieldOptions): Field[] {
  const { image, exitCode, started, finished } = instance;
  const otherTags = image.tags.filter((tag) => tag !== image.reference);
  const code = exitCode === undefined ? '' : `, exit code ${exitCode}`;
  const memory = instance.outOfMemory ? ', out of memory' : '';
  return [
    ['id', sanitizeLine(instance.id)],
    ['image', sanitizeLine(image.reference)],
    ...(image.id === image.reference ? [] : [['image id', sanitizeLine(image.id)] as const]),
    ...(otherTags.length === 0 ? [] : [['other tags', sanitizeLine(otherTags.join(', '))] as const]),
    ['status', statusColor(instance, colors)(sanitizeLine(instance.status))],
    ...(instance.error === undefined ? [] : [['error', colors.red(sanitizeLine(instance.error))] as const]),
    ['command', sanitizeLine(shellQuote(instance.command))],
    ['created', age(instance.created)],
    ...(started === undefined ? [] : [['started', age(started)] as const]),
    ...(finished === undefined ? [] : [['ended', `${age(finished)}${code}${memory}`] as const]),
    ...(finished === undefined && instance.outOfMemory
      ? [['memory', 'a process in it was killed because memory ran out'] as const]
      : []),
    ...(instance.restartCount === 0 ? [] : [['restarts', String(instance.restartCount)] as const]),
  ];
}

function probeFields({ health, lastProbe }: InstanceDetail, { colors, age }: FieldOptions): Field[] {
  if (health === undefined && lastProbe === undefined) return [];
  const paint = { starting: colors.yellow, healthy: colors.green, unhealthy: colors.red };
  const state: Field[] = health === undefined ? [] : [['state', paint[health](health)]];
  if (lastProbe === undefined) return state;
  const { started, ended, exitCode, failingStreak, output } = lastProbe;
  const took = formatDuration(Date.parse(ended) - Date.parse(started));
  const streak = failingStreak === 0 ? '' : `; ${failingStreak} failed in a row`;
  const text = sanitize(output.trimEnd());
  return [
    ...state,
    ['last probe', `${age(started)}, exit code ${exitCode} after ${took}${streak}`],
    ...(text === '' ? [] : [['output', text] as const]),
  ];
}

function mountText({ source, target, readOnly }: InstanceMount): string {
  const path = source === undefined ? target : `${source} -> ${target}`;
  return sanitizeLine(readOnly ? `${path} (read-only)` : path);
}

function addresses({ ipv4, ipv6 }: InstanceNetwork): string {
  return sanitizeLine([ipv4, ipv6].filter((address) => address !== undefined).join(', '));
}

/** Names in one column and values in another, wrapped within their column. */
function fieldLines(fields: readonly Field[], columns: number | undefined): string[] {
  const width = fields.reduce((widest, [name]) => Math.max(widest, name.length), 0);
  const indent = ' '.repeat(width === 0 ? 2 : width + 4);
  return fields.map(([name, value]) => {
    const space = columns === undefined ? undefined : Math.max(1, columns - indent.length);
    const lines = wrap(value, space).split('\n');
    return `${`  ${name}`.padEnd(indent.length)}${lines.join(`\n${indent}`)}`.trimEnd();
  });
}
