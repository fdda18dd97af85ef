import { type Context, Hono } from 'hono';
import type { Env } from '../auth/identity.ts';
import { authorize } from '../auth/identity.ts';
import { badRequest, notFound } from '../http/errors.ts';
import { empty } from '../http/paging.ts';
import type { Harbor } from '../store/harbor.ts';
import { projectNamed, repositoryName, requireArtifact } from '../store/lookup.ts';
import { startScan, stopScan } from './jobs.ts';

const ARTIFACT = '/projects/:project/repositories/:repository/artifacts/:reference';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Starts and stops the scan of an artifact, and shows its log. */
export function scanRoutes(harbor: Harbor): Hono<Env> {
  const app = new Hono<Env>();
  const authorizeScan = (c: Context<Env>, action: string) =>
    authorize(c.get('identity'), projectNamed(harbor, c.req.param('project') ?? ''), 'scan', action);

  app.post(`${ARTIFACT}/scan`, (c) => {
    authorizeScan(c, 'create');
    const { repository, artifact } = requireArtifact(harbor, repositoryName(c), c.req.param('reference'));
    startScan(harbor, repository, artifact);
    return empty(c, 202);
  });

  app.post(`${ARTIFACT}/scan/stop`, (c) => {
    authorizeScan(c, 'stop');
    const { repository, artifact } = requireArtifact(harbor, repositoryName(c), c.req.param('reference'));
    stopScan(harbor, repository, artifact);
    return empty(c, 202);
  });

  app.get(`${ARTIFACT}/scan/:report/log`, (c) => {
    authorizeScan(c, 'read');
    const { artifact } = requireArtifact(harbor, repositoryName(c), c.req.param('reference'));
    const id = c.req.param('report');
    if (!UUID.test(id)) throw badRequest(`bad request: invalid UUID ${id}`);
    const report = Object.values(artifact.reports).find((each) => each.id === id);
    if (report === undefined) throw notFound(`report with UUID ${id} not found`);
    c.header('Content-Type', 'text/plain');
    return c.body(`${report.log.join('\n')}\n`);
  });

  return app;
}
