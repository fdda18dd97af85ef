import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { GcRun, StartedGc } from '../../model/harbor.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import { mayPass } from '../client/waiting.ts';
import { explainGc, isOver, readGcPage } from './gc.ts';

export interface StartGcOptions extends RequestOptions {
  /** Deletes artifacts without a tag as well, in every project of that Harbor. @default false */
  readonly deleteUntagged?: boolean | undefined;
  /** Deletes nothing. @default false */
  readonly dryRun?: boolean | undefined;
  /** How many blobs are deleted at once, 1 to 5. Harbor before 2.10 ignores it. @default 1 */
  readonly workers?: number | undefined;
}

/**
 * Starts gc, or attaches to a run with the same options. When another run is in progress, Harbor queues this one.
 *
 * @throws {ObjDockerError} USAGE for `workers`, REGISTRY_FORBIDDEN, REGISTRY_READ_ONLY
 */
export async function startGc(api: HarborApi, options: StartGcOptions = {}): Promise<StartedGc> {
  const { deleteUntagged = false, dryRun = false, workers = 1, ...callOptions } = options;
  if (!Number.isInteger(workers) || workers < 1 || workers > 5) {
    throw new ObjDockerError('USAGE', `cannot start gc with ${workers} workers`, { hint: 'Harbor accepts 1 to 5.' });
  }
  const same = (run: GcRun): boolean => !isOver(run) && run.dryRun === dryRun && run.deleteUntagged === deleteUntagged;
  const before = await readGcPage(api, 1, callOptions);
  // Harbor responds to a second start with 201, too: only the list shows a run. A run with figures has done its work.
  const running = before.find((run) => same(run) && run.freedBytes === undefined);
  if (running !== undefined) return { id: running.id, attached: true };
  try {
    const response = await api.request(
      {
        method: 'POST',
        path: '/system/gc/schedule',
        // The default of an omitted parameter depends on Harbor's version.
        body: {
          schedule: { type: 'Manual' },
          parameters: { delete_untagged: deleteUntagged, dry_run: dryRun, workers },
        },
        doing: 'start gc',
        permission: 'garbage-collection:create',
        explain: explainGc('garbage-collection:create'),
      },
      callOptions,
    );
    const id = /\/(\d+)\/?$/.exec(response.headers.location ?? '')?.[1];
    if (id !== undefined && id !== '0') return { id: Number(id), attached: false };
  } catch (error) {
    if (!isObjDockerError(error) || !mayPass(error)) throw error;
    const ours = await findNew(api, before, same, callOptions).catch(() => undefined);
    if (ours === undefined) throw error;
    return { id: ours.id, attached: false };
  }
  const ours = await findNew(api, before, same, callOptions);
  if (ours !== undefined) return { id: ours.id, attached: false };
  throw new ObjDockerError('REGISTRY_ERROR', `Harbor at ${api.host} started gc, but did not return the id of the run`, {
    hint: 'Find the run: objdocker harbor-gc --history',
  });
}

/** Finds the new run when the response to its start was lost or has no id. */
async function findNew(
  api: HarborApi,
  before: readonly GcRun[],
  same: (run: GcRun) => boolean,
  options: RequestOptions,
): Promise<GcRun | undefined> {
  const known = new Set(before.map(({ id }) => id));
  return (await readGcPage(api, 1, options)).find((run) => !known.has(run.id) && same(run));
}
