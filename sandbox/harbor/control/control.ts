import { Hono } from 'hono';
import { updateHealth } from '../api/system.ts';
import { listOf, objectOf, readBody, textOf } from '../http/body.ts';
import { seedRepositories } from '../seed.ts';
import type { Component, Failure, Harbor, Timings } from '../store/harbor.ts';
import { requireArtifact } from '../store/lookup.ts';
import type { ScanPlan, Vulnerability } from '../store/state.ts';

/** The path of the switches. Harbor has no such path. */
export const CONTROL = '/_sandbox';

const TIMINGS: readonly (keyof Timings)[] = [
  'latency',
  'scanTime',
  'gcTime',
  'gcLag',
  'gcWindow',
  'loginDelay',
  'passwordCost',
  'healthLag',
  'clockSkew',
  'databaseAge',
];

const KINDS = ['status', 'reset', 'truncate', 'stall', 'lose'] as const satisfies readonly Failure['kind'][];

/**
 * The switches of the sandbox, without authentication: the server listens on loopback only.
 *
 * Writes must be JSON, which a browser does not send across origins.
 */
export function createControl(harbor: Harbor): Hono {
  const app = new Hono().basePath(CONTROL);

  app.get('/ready', (c) => c.json({ version: harbor.rules.name, url: harbor.url }));

  app.get('/traffic', (c) => c.json({ ...harbor.traffic, sessions: harbor.sessions.count }));

  app.delete('/sessions', (c) => {
    harbor.sessions.endAll();
    return c.body(null, 204);
  });

  app.delete('/traffic', (c) => {
    Object.assign(harbor.traffic, { requests: 0, passwords: 0, maxInFlight: harbor.traffic.inFlight, recent: [] });
    return c.body(null, 204);
  });

  app.put('/delays', async (c) => {
    const body = await readBody(c, 'delays');
    for (const name of TIMINGS) if (typeof body[name] === 'number') harbor.timings[name] = body[name];
    return c.json(harbor.timings);
  });

  app.put('/down', async (c) => {
    const body = await readBody(c, 'down');
    harbor.down.clear();
    for (const name of listOf(body.components)) harbor.down.add(name as Component);
    updateHealth(harbor);
    return c.json([...harbor.down]);
  });

  app.put('/failures', async (c) => {
    const body = await readBody(c, 'failures');
    harbor.failures.splice(0, harbor.failures.length, ...listOf(body.failures).map(readFailure));
    return c.body(null, 204);
  });

  app.post('/seed', async (c) => {
    const body = await readBody(c, 'seed');
    seedRepositories(harbor, {
      project: textOf(body.project, 'load'),
      repositories: Number(body.repositories ?? 1),
      artifacts: Number(body.artifacts ?? 1),
      findings: typeof body.findings === 'number' ? body.findings : undefined,
      prefix: typeof body.prefix === 'string' ? body.prefix : undefined,
    });
    return c.body(null, 204);
  });

  // A plan has a list of findings, a number of generated findings, or a failure. An empty plan removes the earlier one.
  // Without a reference it applies to all images of the repository, including later ones.
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
