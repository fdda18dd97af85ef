import { type Context, Hono } from 'hono';
import type { Env } from '../auth/identity.ts';
import { authorize } from '../auth/identity.ts';
import { readBody, textOf } from '../http/body.ts';
import { badRequest, invalid, notFound } from '../http/errors.ts';
import { empty, text } from '../http/paging.ts';
import type { Harbor } from '../store/harbor.ts';
import { projectNamed, repositoryName, requireArtifact } from '../store/lookup.ts';
import { startScan, stopScan } from './jobs.ts';
import { startSbom, stopSbom } from './sbom.ts';

const ARTIFACT = '/projects/:project/repositories/:repository/artifacts/:reference';
const SCAN_TYPES: readonly string[] = ['vulnerability', 'sbom'];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Starts and stops the scan of an artifact, and shows its log. */
export function scanRoutes(harbor: Harbor): Hono<Env> {
  const app = new Hono<Env>();
  const authorizeScan = (c: Context<Env>, action: string, isSbom = false) =>
    authorize(c.get('identity'), projectNamed(harbor, c.req.param('project') ?? ''), isSbom ? 'sbom' : 'scan', action);

  app.post(`${ARTIFACT}/scan`, async (c) => {
    const isSbom = (await readScanType(harbor, c)) === 'sbom';
    authorizeScan(c, 'create', isSbom);
    const { repository, artifact } = requireArtifact(harbor, repositoryName(c), c.req.param('reference'));
    if (isSbom) startSbom(harbor, repository, artifact);
    else startScan(harbor, repository, artifact);
    return empty(c, 202);
  });

  app.post(`${ARTIFACT}/scan/stop`, async (c) => {
    const type = await readScanType(harbor, c);
    if (type === undefined && harbor.rules.hasSbom) throw invalid('scanType in body is required');
    authorizeScan(c, 'stop', type === 'sbom');
    const { repository, artifact } = requireArtifact(harbor, repositoryName(c), c.req.param('reference'));
    if (type === 'sbom') stopSbom(harbor, repository, artifact);
    else stopScan(harbor, repository, artifact);
    return empty(c, 202);
  });

  app.get(`${ARTIFACT}/scan/:report/log`, (c) => {
    authorizeScan(c, 'read');
    const { artifact } = requireArtifact(harbor, repositoryName(c), c.req.param('reference'));
    const id = c.req.param('report');
    if (!UUID.test(id)) throw badRequest(`bad request: invalid UUID ${id}`);
    const report = Object.values(artifact.reports).find((each) => each.id === id);
    if (report === undefined) throw notFound(`report with UUID ${id} not found`);
    return text(c, harbor, `${report.log.join('\n')}\n`);
  });

  return app;
}

/** The `scan_type` of the body, which older Harbors do not read. @throws {HarborError} 422 */
async function readScanType(harbor: Harbor, c: Context<Env>): Promise<string | undefined> {
  if (!harbor.rules.hasSbom || (await c.req.text()) === '') return undefined;
  const type = textOf((await readBody(c, 'scanType')).scan_type);
  if (!SCAN_TYPES.includes(type)) {
    throw invalid(`validation failure list:\nscan_type in body should be one of [${SCAN_TYPES.join(' ')}]`);
  }
  return type;
}
