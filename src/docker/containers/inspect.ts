import { asRecord, asText } from '../../lib/json.ts';
import type { HealthProbe, Instance, InstanceDetail, InstanceMount, InstanceNetwork } from '../../model/instance.ts';
import type { CallOptions } from '../../substrate/obj-substrate.ts';
import type { Engine } from '../connection/engine.ts';
import { requestEngine } from '../connection/request.ts';
import { containerDeleted, type FoundContainer, findContainer, inspectAgain } from './find.ts';
import { compare, readHealth, readInstance, readLabels } from './read-instance.ts';
import { readableReason } from './start-failure.ts';

/** Returns a container in detail; finds it as {@link findContainer} does. */
export async function inspectContainer(engine: Engine, name: string, options: CallOptions): Promise<InstanceDetail> {
  let found = await findContainer(engine, name, options);
  const tags = imageTags(engine, asText(found.inspected.Image), options);
  const [row, tagNames] = await Promise.all([listOne(engine, found, options), tags]);
  if (row === undefined) throw containerDeleted(found);
  if (row.state !== found.state) {
    // The state changed between the two requests. A third one returns the state of the row, or a newer one.
    found = (await inspectAgain(engine, found.id, options)) ?? found;
  }
  return readDetail(found, row, tagNames);
}

async function listOne(engine: Engine, { id }: FoundContainer, { signal }: CallOptions): Promise<Instance | undefined> {
  const filters = encodeURIComponent(JSON.stringify({ id: [id] }));
  const path = `${engine.apiPath}/containers/json?all=1&filters=${filters}`;
  const rows = await requestEngine(engine, () => engine.http.list(path, { signal }), { signal });
  return rows.map(readInstance).find((row) => row?.id === id);
}

async function imageTags(engine: Engine, id: string | undefined, options: CallOptions): Promise<readonly string[]> {
  if (id === undefined) return [];
  const image = await requestEngine(engine, () => engine.inspectImage(id, options), options);
  return image?.tags ?? [];
}

type Inspected = FoundContainer['inspected'];

/**
 * Makes the detail of a container from three responses of the engine.
 *
 * @param row its row in the listing. Only the listing has the status text, and shows whether the image lost its tag.
 * @param tags the tags of its image.
 */
export function readDetail(found: FoundContainer, row: Instance, tags: readonly string[]): InstanceDetail {
  const { inspected, state } = found;
  const engineState = asRecord(inspected.State) ?? {};
  const config = asRecord(inspected.Config);
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
    image: { ...row.image, id: asText(inspected.Image) ?? row.image.id, tags },
    state,
    status: row.status,
    ...(health === undefined ? {} : { health }),
    created: readTime(inspected.Created) ?? row.created,
    ports: row.ports,
    labels: readLabels(config?.Labels),
    command: [asText(inspected.Path) ?? [], texts(inspected.Args)].flat(),
    ...(started === undefined ? {} : { started }),
    ...(finished === undefined ? {} : { finished }),
    ...(exitCode === undefined ? {} : { exitCode }),
    outOfMemory: engineState.OOMKilled === true,
    ...(error === undefined ? {} : { error: readableReason(error) }),
    restartCount: typeof inspected.RestartCount === 'number' ? inspected.RestartCount : 0,
    ...(lastProbe === undefined ? {} : { lastProbe }),
    mounts: readMounts(inspected),
    networks: readNetworks(asRecord(inspected.NetworkSettings)),
  };
}

/** An engine time in UTC, to the millisecond; undefined for Go's zero time. */
export function readTime(value: unknown): string | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  // Go's zero time is in the year 1.
  return Number.isNaN(time) || time < 0 ? undefined : new Date(time).toISOString();
}

function readLastProbe(health: Inspected | undefined): HealthProbe | undefined {
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

function readMounts(inspected: Inspected): InstanceMount[] {
  const mounts = (Array.isArray(inspected.Mounts) ? inspected.Mounts : []).flatMap((mount) =>
    readMount(asRecord(mount)),
  );
  // Mounts of `--tmpfs` are not in `Mounts`.
  const tmpfs = Object.entries(asRecord(asRecord(inspected.HostConfig)?.Tmpfs) ?? {}).map(([target, options]) => ({
    type: 'tmpfs',
    target,
    readOnly: String(options).split(',').includes('ro'),
  }));
  return [...mounts, ...tmpfs].sort((a, b) => compare(a.target, b.target));
}

function readMount(mount: Inspected | undefined): InstanceMount[] {
  const target = asText(mount?.Destination);
  if (mount === undefined || target === undefined) return [];
  const type = asText(mount.Type) ?? 'bind';
  const source = type === 'volume' ? (asText(mount.Name) ?? asText(mount.Source)) : asText(mount.Source);
  return [{ type, ...(source === undefined ? {} : { source }), target, readOnly: mount.RW === false }];
}

function readNetworks(settings: Inspected | undefined): InstanceNetwork[] {
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
