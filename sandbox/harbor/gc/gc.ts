import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Hono } from 'hono';
import type { Env } from '../auth/identity.ts';
import { authorizeSystem } from '../auth/identity.ts';
import { objectOf, readBody, textOf } from '../http/body.ts';
import { badRequest, broken, invalid, notFound } from '../http/errors.ts';
import { empty, json, type ListRules, listResponse, text } from '../http/paging.ts';
import { type Harbor, timestamp } from '../store/harbor.ts';
import { type GcRun, NEVER } from '../store/state.ts';
import { planSweep, sweep, trashUntagged } from './sweep.ts';

const TYPES: readonly string[] = ['Hourly', 'Daily', 'Weekly', 'Custom', 'Manual', 'None', 'Schedule'];

const LIST: ListRules<GcRun> = {
  keys: {
    creation_time: ({ created }) => created,
    update_time: ({ updated }) => updated,
    id: ({ id }) => id,
    job_status: ({ status }) => status,
  },
  defaultSort: '-id',
};

/** Gc runs one at a time. The promise is the end of the last one. */
const queues = new WeakMap<Harbor, Promise<void>>();

/** The routes of gc. */
export function gcRoutes(harbor: Harbor): Hono<Env> {
  const app = new Hono<Env>();
  const require = (id: string, message: string): GcRun => {
    const run = harbor.store.state.gcRuns.find((each) => String(each.id) === id);
    if (run === undefined) throw notFound(message);
    return run;
  };

  app.get('/system/gc', (c) => {
    authorizeSystem(c.get('identity'), 'garbage-collection', 'list');
    return listResponse(c, harbor.store.state.gcRuns, LIST, showGcRun);
  });

  app.get('/system/gc/schedule', (c) => {
    authorizeSystem(c.get('identity'), 'garbage-collection', 'read');
    const { gcSchedule } = harbor.store.state;
    if (gcSchedule === undefined) return empty(c, 200, { 'Content-Type': 'application/json' });
    const { id, created, cron, type } = gcSchedule;
    return json(c, {
      creation_time: created,
      id,
      job_kind: cron,
      job_parameters: '{}',
      job_status: 'Running',
      schedule: { cron, next_scheduled_time: NEVER, type },
      update_time: created,
    });
  });

  app.on(['POST', 'PUT'], '/system/gc/schedule', async (c) => {
    const isPost = c.req.method === 'POST';
    authorizeSystem(c.get('identity'), 'garbage-collection', isPost ? 'create' : 'update');
    const body = await readBody(c, 'schedule');
    // Harbor responds with 500 when there is no schedule.
    if (body.schedule === undefined) return c.body(null, 500);
    const schedule = objectOf(body.schedule);
    const parameters = objectOf(body.parameters);
    const type = textOf(schedule.type);
    if (!TYPES.includes(type)) {
      const list = 'validation failure list:\n';
      throw invalid(`${list}${harbor.rules.gc.typeField} in body should be one of [${TYPES.join(' ')}]`);
    }
    const { workers } = parameters;
    const { maxWorkers } = harbor.rules.gc;
    if (workers !== undefined && (typeof workers !== 'number' || workers < 1 || workers > maxWorkers)) {
      const limits = `Workers must be greater than 0 and less than or equal to ${maxWorkers}.`;
      throw badRequest(`Error: Invalid number of workers:${String(workers)}. ${limits}`);
    }
    if (type !== 'Manual') {
      setSchedule(harbor, type, textOf(schedule.cron));
      return isPost ? empty(c, 201, { Location: '/api/v2.0/system/gc/0' }) : empty(c, 200);
    }
    if (harbor.down.has('jobservice')) throw broken();
    const run = startGc(harbor, parameters);
    return empty(c, 201, { Location: `/api/v2.0/system/gc/${run.id}` });
  });

  app.get('/system/gc/:id', (c) => {
    authorizeSystem(c.get('identity'), 'garbage-collection', 'read');
    const id = c.req.param('id');
    return json(c, showGcRun(require(id, `garbage collection execution ${id} not found`)));
  });

  app.put('/system/gc/:id', (c) => {
    authorizeSystem(c.get('identity'), 'garbage-collection', 'stop');
    const id = c.req.param('id');
    const run = require(id, `execution ${id} not found`);
    if (isOpen(run)) setStatus(harbor, run, 'Stopped');
    return empty(c, 200);
  });

  app.get('/system/gc/:id/log', (c) => {
    authorizeSystem(c.get('identity'), 'garbage-collection', 'read');
    const id = c.req.param('id');
    const { job, log } = require(id, `garbage collection ${id} log is not found`);
    if (log.length === 0) throw notFound(JSON.stringify({ code: 10010, message: 'object is not found', details: job }));
    return text(c, harbor, `${log.join('\n')}\n`);
  });

  return app;
}

function setSchedule(harbor: Harbor, type: string, cron: string): void {
  if (type === 'None') {
    delete harbor.store.state.gcSchedule;
  } else {
    const fields = cron.split(' ').filter((field) => field !== '');
    if (type === 'Custom' && fields.length !== 6) {
      const found = `found ${fields.length}: [${fields.join(' ')}]`;
      throw badRequest(`invalid cron string for scheduled gc: ${cron}, error: expected exactly 6 fields, ${found}`);
    }
    const known = harbor.store.state.gcSchedule;
    harbor.store.state.gcSchedule = {
      id: known?.id ?? harbor.store.nextId('schedule'),
      created: timestamp(harbor),
      cron,
      type,
    };
  }
  harbor.store.save();
}

function startGc(harbor: Harbor, given: Readonly<Record<string, unknown>>): GcRun {
  const now = timestamp(harbor);
  const run: GcRun = {
    id: harbor.store.nextId('collection'),
    job: randomBytes(12).toString('hex'),
    created: now,
    updated: now,
    status: 'Running',
    parameters: {
      delete_untagged: given.delete_untagged === true,
      dry_run: given.dry_run === true,
      ...harbor.rules.gc.parameters,
      time_window: harbor.timings.gcWindow,
      workers: typeof given.workers === 'number' ? given.workers : 0,
    },
    log: [],
  };
  harbor.store.state.gcRuns.push(run);
  harbor.store.save();
  enqueue(harbor, run);
  return run;
}

function enqueue(harbor: Harbor, run: GcRun): void {
  const before = queues.get(harbor) ?? Promise.resolve();
  queues.set(
    harbor,
    before
      .then(() => runGc(harbor, run))
      .catch((error: unknown) => {
        if (harbor.closing.aborted) return;
        log(harbor, run, error instanceof Error ? error.message : String(error), 'ERROR');
        setStatus(harbor, run, 'Error');
      }),
  );
}

/** Resumes the gc runs that were open when the server stopped. */
export function resumeGc(harbor: Harbor): void {
  for (const run of harbor.store.state.gcRuns) if (isOpen(run)) enqueue(harbor, run);
}

async function runGc(harbor: Harbor, run: GcRun): Promise<void> {
  const { gcLag, gcWindow } = harbor.timings;
  const deleteUntagged = run.parameters.delete_untagged === true;
  const dryRun = run.parameters.dry_run === true;
  await waitHalf(harbor, run);
  if (!isOpen(run)) return;
  log(harbor, run, `parameters: delete_untagged ${deleteUntagged}, dry_run ${dryRun}, time_window ${gcWindow}`);
  if (!dryRun && deleteUntagged) log(harbor, run, `untagged artifacts deleted: ${trashUntagged(harbor)}`);
  // As in Harbor, a dry run ignores the time window.
  const plan = await planSweep(harbor, { deleteUntagged, windowHours: dryRun ? 0 : gcWindow });
  for (const digest of plan.blobs) log(harbor, run, `blob eligible for deletion: ${digest}`);
  for (const { repository, digest } of plan.manifests) {
    log(harbor, run, `manifest eligible for deletion: ${repository}@${digest}`);
  }
  await waitHalf(harbor, run);
  if (!isOpen(run)) return;
  if (!dryRun) await sweep(harbor, plan);
  const did = dryRun ? 'would be deleted' : 'are deleted';
  log(harbor, run, `${plan.blobs.length} blobs and ${plan.manifests.length} manifests ${did}`);
  log(harbor, run, `${plan.freedBytes} bytes freed`);
  Object.assign(run.parameters, {
    freed_space: plan.freedBytes,
    purged_blobs: plan.blobs.length,
    purged_manifests: plan.manifests.length,
  });
  run.updated = timestamp(harbor);
  harbor.store.save();
  // The next run may start now: only the status lags.
  void wait(harbor, gcLag).then(
    () => {
      if (isOpen(run)) setStatus(harbor, run, 'Success');
    },
    () => {},
  );
}

/** Waits for half of `gcTime`, as it is set at each moment. */
async function waitHalf(harbor: Harbor, run: GcRun): Promise<void> {
  const started = performance.now();
  while (isOpen(run)) {
    const left = harbor.timings.gcTime / 2 - (performance.now() - started);
    if (left <= 0) return;
    await wait(harbor, Math.min(left, 20));
  }
}

const isOpen = ({ status }: GcRun) => status === 'Pending' || status === 'Running';

const wait = (harbor: Harbor, milliseconds: number) => sleep(milliseconds, undefined, { signal: harbor.closing });

function setStatus(harbor: Harbor, run: GcRun, status: GcRun['status']): void {
  run.status = status;
  run.updated = timestamp(harbor);
  harbor.store.save();
}

function log(harbor: Harbor, run: GcRun, message: string, level = 'INFO'): void {
  run.log.push(`${timestamp(harbor).replace(/\.\d+Z$/, 'Z')} [${level}] [sandbox/gc]: ${message}`);
}

/** A run in the API's form. Harbor shows the parameters as a JSON string with sorted keys. */
function showGcRun({ id, created, updated, status, parameters }: GcRun): unknown {
  const ordered = Object.fromEntries(Object.entries(parameters).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return {
    creation_time: created,
    id,
    job_kind: 'MANUAL',
    job_name: 'GARBAGE_COLLECTION',
    job_parameters: JSON.stringify(ordered),
    job_status: status,
    schedule: { next_scheduled_time: NEVER, type: 'Manual' },
    update_time: updated,
  };
}
