import { Hono } from 'hono';
import { VERSION } from '../api/system.ts';
import { listOf, objectOf, readBody, textOf } from '../http/body.ts';
import { seedRepositories } from '../seed.ts';
import type { Component, Failure, Harbor, Timings } from '../store/harbor.ts';
import { requireArtifact } from '../store/lookup.ts';
import type { ScanPlan, Vulnerability } from '../store/state.ts';

/** Where the switches are: a path that Harbor does not have. */
export const CONTROL = '/_sandbox';

const TIMINGS: readonly (keyof Timings)[] = [
  'latency',
  'scanTime',
  'gcTime',
  'gcLag',
  'gcWindow',
  'loginDelay',
  'clockSkew',
];

const KINDS = ['status', 'reset', 'truncate', 'stall', 'lose'] as const satisfies readonly Failure['kind'][];

/**
 * The switches of the sandbox. Writes must be JSON, which a page in a browser may not send here.
 *
 * Whoever reaches the port may use them: the server listens on loopback only.
 */
export function createControl(harbor: Harbor): Hono {
  const app = new Hono().basePath(CONTROL);

  app.get('/ready', (c) => c.json({ version: VERSION, url: harbor.url }));

  app.get('/traffic', (c) => c.json(harbor.traffic));

  app.delete('/traffic', (c) => {
    Object.assign(harbor.traffic, { requests: 0, maxInFlight: harbor.traffic.inFlight, recent: [] });
    return c.body(null, 204);
  });

  app.put('/pace', async (c) => {
    const body = await readBody(c, 'pace');
    for (const name of TIMINGS) if (typeof body[name] === 'number') harbor.timings[name] = body[name];
    return c.json(harbor.timings);
  });

  app.put('/down', async (c) => {
    const body = await readBody(c, 'down');
    harbor.down.clear();
    for (const name of listOf(body.components)) harbor.down.add(name as Component);
    return c.json([...harbor.down]);
  });

  app.put('/failures', async (c) => {
    const body = await readBody(c, 'failures');
    harbor.failures.splice(0, harbor.failures.length, ...listOf(body.failures).map(readFailure));
    return c.body(null, 204);
  });

  app.post('/plant', async (c) => {
    const body = await readBody(c, 'plantation');
    seedRepositories(harbor, {
      project: textOf(body.project, 'load'),
      repositories: Number(body.repositories ?? 1),
      artifacts: Number(body.artifacts ?? 1),
      findings: typeof body.findings === 'number' ? body.findings : undefined,
      prefix: typeof body.prefix === 'string' ? body.prefix : undefined,
    });
    return c.body(null, 204);
  });

  // What the next scans find: a list, a number of made-up findings, or a reason to fail; none of them forgets it. Without a
  // reference, of all images of a repository, also of those that are not there yet.
  app.put('/scan-plan', async (c) => {
    const body = await readBody(c, 'plan');
    const outcome = readOutcome(body);
    if (typeof body.reference === 'string') {
      const { artifact } = requireArtifact(harbor, textOf(body.repository), body.reference);
      if (outcome === undefined) delete artifact.plannedScan;
      else artifact.plannedScan = outcome;
    } else planRepository(harbor, body, outcome);
    harbor.store.save();
    return c.body(null, 204);
  });

  app.onError((error, c) => c.json({ error: error.message }, 400));
  return app;
}

function readOutcome({ findings, fails }: Record<string, unknown>): ScanPlan['outcome'] {
  if (Array.isArray(findings)) return findings as readonly Vulnerability[];
  if (typeof findings === 'number') return { madeUp: findings };
  return typeof fails === 'string' ? { fails } : undefined;
}

function planRepository(harbor: Harbor, body: Record<string, unknown>, outcome: ScanPlan['outcome']): void {
  const { scanPlans } = harbor.store.state;
  const key = [textOf(body.repository), textOf(body.platform)].filter(Boolean).join(' ');
  const plan: ScanPlan = {
    ...(outcome === undefined ? {} : { outcome }),
    ...(body.holds === true ? { holds: true } : {}),
    ...(typeof body.scanTime === 'number' ? { scanTime: body.scanTime } : {}),
  };
  if (Object.keys(plan).length === 0) delete scanPlans[key];
  else scanPlans[key] = plan;
}

function readFailure(value: unknown): Failure {
  const given = objectOf(value);
  const kind = textOf(given.kind, 'status');
  const headers = Object.entries(objectOf(given.headers)).map(([name, each]) => [name, String(each)]);
  return {
    after: typeof given.after === 'number' ? given.after : 0,
    left: typeof given.count === 'number' ? given.count : 1,
    method: typeof given.method === 'string' ? given.method : undefined,
    path: typeof given.path === 'string' ? new RegExp(given.path) : undefined,
    kind: KINDS.find((each) => each === kind) ?? 'status',
    status: typeof given.status === 'number' ? given.status : 503,
    headers: Object.fromEntries(headers),
    body: typeof given.body === 'string' ? given.body : undefined,
  };
}
