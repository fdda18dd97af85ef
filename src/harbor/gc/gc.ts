import * as z from 'zod';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import { parseJson } from '../../lib/json.ts';
import type { GcState } from '../../model/enums.ts';
import type { GcRun } from '../../model/harbor.ts';
import type { Explanation } from '../../registry/failure.ts';
import { explainTaskError } from '../client/explain-status.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import type { HarborProblem, HarborRequest } from '../client/request.ts';
import type { HarborPermission } from '../permissions.ts';

const gcSchema = z.looseObject({
  id: z.number(),
  job_status: z.string(),
  job_kind: z.string().nullish(),
  job_parameters: z.string().nullish(),
  creation_time: z.string(),
  update_time: z.string().nullish(),
});

// Harbor's parameters also contain the address of its Redis. Only these fields are returned.
const parametersSchema = z
  .looseObject({
    dry_run: z.boolean().nullish(),
    delete_untagged: z.boolean().nullish(),
    workers: z.number().nullish(),
    freed_space: z.number().nullish(),
    purged_blobs: z.number().nullish(),
    purged_manifests: z.number().nullish(),
    time_window: z.number().nullish(),
  })
  .catch({});

/**
 * One gc run.
 *
 * @throws {ObjDockerError} GC_NOT_FOUND, REGISTRY_FORBIDDEN
 */
export async function getGc(api: HarborApi, id: number, options: RequestOptions = {}): Promise<GcRun> {
  return toGcRun(await api.read(gcSchema, readGcRequest(id), options));
}

/** The request for one gc run. */
export function readGcRequest(id: number): HarborRequest {
  return {
    path: gcPath(id),
    doing: `read gc run ${id}`,
    permission: 'garbage-collection:read',
    explain: explainGc('garbage-collection:read'),
  };
}

/** All gc runs that Harbor remembers, newest first, each once. */
export async function* listGc(api: HarborApi, options: RequestOptions = {}): AsyncGenerator<GcRun, void, void> {
  const seen = new Set<number>();
  for (let page = 1; ; page++) {
    const rows = await readGcPage(api, page, options);
    const known = seen.size;
    // A run that starts meanwhile shifts all others, which then appear twice.
    for (const row of rows) {
      if (seen.has(row.id)) continue;
      seen.add(row.id);
      yield row;
    }
    // Without this, reading from a server that ignores the page number would never end.
    if (rows.length < PAGE_SIZE || seen.size === known) return;
  }
}

const PAGE_SIZE = 100;

/** A page of gc runs, newest first, up to 100. */
export async function readGcPage(api: HarborApi, page: number, options: RequestOptions = {}): Promise<GcRun[]> {
  const request: HarborRequest = {
    path: '/system/gc',
    query: { sort: '-creation_time', page, page_size: PAGE_SIZE },
    doing: 'list the gc runs',
    permission: 'garbage-collection:list',
    explain: explainGc('garbage-collection:list'),
  };
  return (await api.read(z.array(gcSchema), request, options)).map(toGcRun);
}

/**
 * Stops a gc run; a finished one is left alone.
 *
 * @throws {ObjDockerError} GC_NOT_FOUND, REGISTRY_FORBIDDEN
 */
export async function stopGc(api: HarborApi, id: number, options: RequestOptions = {}): Promise<void> {
  await api.request(
    {
      method: 'PUT',
      path: gcPath(id),
      body: { status: 'Stopped' },
      doing: `stop gc run ${id}`,
      permission: 'garbage-collection:stop',
      explain: explainGc('garbage-collection:stop'),
    },
    options,
  );
}

export function gcPath(id: number): string {
  return `/system/gc/${id}`;
}

const STATES: ReadonlyMap<string, GcState> = new Map([
  ['Success', 'done'],
  ['Error', 'failed'],
  ['Stopped', 'stopped'],
  ['Running', 'running'],
]);

/** Whether the run has ended. */
export function isOver({ state }: GcRun): boolean {
  return state === 'done' || state === 'failed' || state === 'stopped';
}

function toGcRun(row: z.infer<typeof gcSchema>): GcRun {
  const parameters = parametersSchema.parse(parseJson(row.job_parameters ?? ''));
  const { workers, freed_space, purged_blobs, purged_manifests, time_window } = parameters;
  const collection: GcRun = {
    id: row.id,
    state: STATES.get(row.job_status) ?? 'queued',
    kind: row.job_kind?.toUpperCase() === 'MANUAL' ? 'manual' : 'scheduled',
    dryRun: parameters.dry_run === true,
    deleteUntagged: parameters.delete_untagged === true,
    ...(workers ? { workers } : {}),
    ...(freed_space == null ? {} : { freedBytes: freed_space }),
    ...(purged_blobs == null ? {} : { purgedBlobs: purged_blobs }),
    ...(purged_manifests == null ? {} : { purgedManifests: purged_manifests }),
    ...(time_window == null ? {} : { windowHours: time_window }),
    started: row.creation_time,
  };
  if (!isOver(collection)) return collection;
  const note = noteOn(collection);
  return {
    ...collection,
    ...(row.update_time ? { ended: row.update_time } : {}),
    ...(note === undefined ? {} : { note }),
  };
}

function noteOn({ state, dryRun, deleteUntagged, freedBytes, windowHours = 2 }: GcRun): string | undefined {
  if (state !== 'done') return undefined;
  const hours = `${windowHours} ${windowHours === 1 ? 'hour' : 'hours'}`;
  // A dry run also counts blobs that are too young for gc (captures 510, 511).
  if (dryRun) {
    return windowHours > 0
      ? `Nothing was deleted. A real run keeps blobs younger than ${hours}.`
      : 'Nothing was deleted.';
  }
  if (freedBytes !== undefined && freedBytes > 0) return undefined;
  const young = windowHours > 0 ? ` Harbor keeps blobs younger than ${hours}: try again later.` : '';
  const tagged = deleteUntagged ? '' : ' Untagged artifacts were kept, too.';
  return `Nothing was freed.${young}${tagged}`;
}

/** Explains Harbor's errors about gc, which needs a system permission. */
export function explainGc(permission: HarborPermission): (problem: HarborProblem) => Explanation | undefined {
  return ({ status, message }) => {
    // Harbor's message is only the user's name (captures 222, 245).
    if (status === 403 && !/read.?only/i.test(message)) {
      return {
        code: 'REGISTRY_FORBIDDEN',
        message: `${message || 'this login'} lacks the permission ${permission}`,
        hint: `gc works on every project of that Harbor. Use an administrator of Harbor, or a system robot with the permission ${permission}. Administrators and robots of a project are not enough.`,
      };
    }
    return status === 500 ? explainTaskError('REGISTRY_ERROR') : undefined;
  };
}
