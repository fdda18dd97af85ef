import { asRecord, asText } from '../../lib/json.ts';
import type { HealthProbe, Instance, InstanceDetail, InstanceMount, InstanceNetwork } from '../../model/instance.ts';
import type { FoundContainer } from './find.ts';
import { compare, readHealth, readLabels } from './read-instance.ts';
import { plainReason } from './start-failure.ts';

type Answer = Readonly<Record<string, unknown>>;

/**
 * A container in detail, from the engine's three answers on it.
 *
 * @param row its row of the listing, which alone has the status as text, and tells whether the image's name is still its own.
 * @param tags the names of its image.
 */
export function readDetail(found: FoundContainer, row: Instance, tags: readonly string[]): InstanceDetail {
  const { answer, state } = found;
  const engineState = asRecord(answer.State) ?? {};
  const config = asRecord(answer.Config);
  const health = state === 'running' ? readHealth(asRecord(engineState.Health)?.Status) : undefined;
  const started = readTime(engineState.StartedAt);
  const finished = readTime(engineState.FinishedAt);
  const ended = (state === 'exited' || state === 'restarting' || state === 'dead') && started !== undefined;
  const exitCode = ended && typeof engineState.ExitCode === 'number' ? engineState.ExitCode : undefined;
  const error = asText(engineState.Error);
  const lastProbe = readLastProbe(asRecord(engineState.Health));
  return {
    id: found.id,
    name: found.name,
    image: { ...row.image, id: asText(answer.Image) ?? row.image.id, tags },
    state,
    status: row.status,
    ...(health === undefined ? {} : { health }),
    created: readTime(answer.Created) ?? row.created,
    ports: row.ports,
    labels: readLabels(config?.Labels),
    command: [asText(answer.Path) ?? [], texts(answer.Args)].flat(),
    ...(started === undefined ? {} : { started }),
    ...(finished === undefined ? {} : { finished }),
    ...(exitCode === undefined ? {} : { exitCode }),
    outOfMemory: engineState.OOMKilled === true,
    ...(error === undefined ? {} : { error: plainReason(error) }),
    restartCount: typeof answer.RestartCount === 'number' ? answer.RestartCount : 0,
    ...(lastProbe === undefined ? {} : { lastProbe }),
    mounts: readMounts(answer),
    networks: readNetworks(asRecord(answer.NetworkSettings)),
  };
}

/** A time of the engine in UTC, to the millisecond; the engine's zero time is none. */
export function readTime(value: unknown): string | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  // Go's zero is in the year 1.
  return Number.isNaN(time) || time < 0 ? undefined : new Date(time).toISOString();
}

function readLastProbe(health: Answer | undefined): HealthProbe | undefined {
  const log = Array.isArray(health?.Log) ? health.Log : [];
  const last = asRecord(log.at(-1));
  const started = readTime(last?.Start);
  if (last === undefined || started === undefined) return undefined;
  return {
    started,
    ended: readTime(last.End) ?? started,
    exitCode: typeof last.ExitCode === 'number' ? last.ExitCode : 0,
    output: asText(last.Output) ?? '',
    failingStreak: typeof health?.FailingStreak === 'number' ? health.FailingStreak : 0,
  };
}

function readMounts(answer: Answer): InstanceMount[] {
  const mounts = (Array.isArray(answer.Mounts) ? answer.Mounts : []).flatMap((mount) => readMount(asRecord(mount)));
  // What `--tmpfs` asks for is not among the mounts.
  const tmpfs = Object.entries(asRecord(asRecord(answer.HostConfig)?.Tmpfs) ?? {}).map(([target, options]) => ({
    type: 'tmpfs',
    target,
    readOnly: String(options).split(',').includes('ro'),
  }));
  return [...mounts, ...tmpfs].sort((a, b) => compare(a.target, b.target));
}

function readMount(mount: Answer | undefined): InstanceMount[] {
  const target = asText(mount?.Destination);
  if (mount === undefined || target === undefined) return [];
  const type = asText(mount.Type) ?? 'bind';
  const source = type === 'volume' ? (asText(mount.Name) ?? asText(mount.Source)) : asText(mount.Source);
  return [{ type, ...(source === undefined ? {} : { source }), target, readOnly: mount.RW === false }];
}

function readNetworks(settings: Answer | undefined): InstanceNetwork[] {
  return Object.entries(asRecord(settings?.Networks) ?? {})
    .map(([name, value]) => {
      const ipv4 = asText(asRecord(value)?.IPAddress);
      const ipv6 = asText(asRecord(value)?.GlobalIPv6Address);
      return { name, ...(ipv4 === undefined ? {} : { ipv4 }), ...(ipv6 === undefined ? {} : { ipv6 }) };
    })
    .sort((a, b) => compare(a.name, b.name));
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
