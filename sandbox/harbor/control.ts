import { Hono } from 'hono';
import { listOf, objectOf, readBody, textOf } from './body.ts';
import type { Component, Failure, Harbor, Pace } from './harbor.ts';
import { requireArtifact } from './lookup.ts';
import { plant } from './seed.ts';
import type { Vulnerability } from './state.ts';
import { VERSION } from './system.ts';

/** Where the switches are: a path that Harbor does not have. */
export const CONTROL = '/_sandbox';

const PACES: readonly (keyof Pace)[] = [
  'latency',
  'scanTime',
  'gcTime',
  'gcLag',
  'gcWindow',
  'loginDelay',
  'clockSkew',
];

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
    for (const name of PACES) if (typeof body[name] === 'number') harbor.pace[name] = body[name];
    return c.json(harbor.pace);
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
    plant(harbor, {
      project: textOf(body.project, 'load'),
      repositories: Number(body.repositories ?? 1),
      artifacts: Number(body.artifacts ?? 1),
      findings: typeof body.findings === 'number' ? body.findings : undefined,
      prefix: typeof body.prefix === 'string' ? body.prefix : undefined,
    });
    return c.body(null, 204);
  });

  // What the next scans of an artifact find: a list, a number of made-up findings, or a reason to fail; null forgets it.
  app.put('/scan-plan', async (c) => {
    const body = await readBody(c, 'plan');
    const { artifact } = requireArtifact(harbor, textOf(body.repository), textOf(body.reference));
    if (Array.isArray(body.findings)) artifact.plannedScan = body.findings as readonly Vulnerability[];
    else if (typeof body.findings === 'number') artifact.plannedScan = { madeUp: body.findings };
    else if (typeof body.fails === 'string') artifact.plannedScan = { fails: body.fails };
    else delete artifact.plannedScan;
    harbor.store.save();
    return c.body(null, 204);
  });

  app.onError((error, c) => c.json({ error: error.message }, 400));
  return app;
}

function readFailure(value: unknown): Failure {
  const given = objectOf(value);
  const kind = textOf(given.kind, 'status');
  const headers = Object.entries(objectOf(given.headers)).map(([name, each]) => [name, String(each)]);
  return {
    left: typeof given.count === 'number' ? given.count : 1,
    method: typeof given.method === 'string' ? given.method : undefined,
    path: typeof given.path === 'string' ? new RegExp(given.path) : undefined,
    kind: kind === 'reset' || kind === 'truncate' || kind === 'stall' ? kind : 'status',
    status: typeof given.status === 'number' ? given.status : 503,
    headers: Object.fromEntries(headers),
    body: typeof given.body === 'string' ? given.body : undefined,
  };
}
