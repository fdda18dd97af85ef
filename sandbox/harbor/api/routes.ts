import { Hono } from 'hono';
import type { Env } from '../auth/identity.ts';
import { identify, startSession } from '../auth/identity.ts';
import { tokenRoutes } from '../auth/token.ts';
import { gcRoutes } from '../gc/gc.ts';
import { broken, errorBody, HarborError, invalid, notFound } from '../http/errors.ts';
import { frameHeaders } from '../http/headers.ts';
import { scannerRoutes } from '../scan/scanners.ts';
import { scanRoutes } from '../scan/scans.ts';
import type { Harbor } from '../store/harbor.ts';
import { accessoryRoutes } from './accessories.ts';
import { artifactRoutes } from './artifacts.ts';
import { immutableRoutes } from './immutable.ts';
import { permissionRoutes } from './permissions.ts';
import { projectArtifactRoutes } from './project-artifacts.ts';
import { projectRoutes } from './projects.ts';
import { quotaRoutes } from './quotas.ts';
import { repositoryRoutes } from './repositories.ts';
import { retentionRoutes } from './retentions.ts';
import { robotRoutes } from './robots.ts';
import { systemRoutes } from './system.ts';
import { tagRoutes } from './tags.ts';
import { userRoutes } from './users.ts';

const ROOT = '/api/v2.0';
const TEXT_PATHS = /\/(ping|log)$/;

/** The routes of the API and of the token service. */
export function createApi(harbor: Harbor): Hono<Env> {
  const app = new Hono<Env>({ strict: false });

  app.use(async (c, next) => {
    c.set('identity', await identify(harbor, c.req.header('Authorization'), c.req.header('Cookie')));
    const path = c.req.path;
    if (path.startsWith(`${ROOT}/`))
      requireAcceptable(harbor, c.req.header('Accept'), path, c.get('identity').kind === 'anonymous');
    await next();
    for (const [name, value] of Object.entries(frameHeaders(c.res.status))) c.res.headers.set(name, value);
  });

  app.get('/api/version', (c) => c.body('{"version":"v2.0"}\n', 200, { 'Content-Type': 'text/plain; charset=utf-8' }));
  app.post('/c/login', async (c) => {
    const id = await startSession(harbor, new URLSearchParams(await c.req.text()));
    c.header('Set-Cookie', `sid=${id}; Path=/; HttpOnly`);
    return c.body(null, 200);
  });
  app.get('/c/log_out', (c) => {
    harbor.sessions.end(c.req.header('Cookie'));
    return c.body(null, 200);
  });
  app.route('/', tokenRoutes(harbor));
  for (const routes of [
    systemRoutes,
    permissionRoutes,
    userRoutes,
    robotRoutes,
    projectRoutes,
    quotaRoutes,
    immutableRoutes,
    retentionRoutes,
    repositoryRoutes,
    artifactRoutes,
    accessoryRoutes,
    projectArtifactRoutes,
    tagRoutes,
    scanRoutes,
    scannerRoutes,
    gcRoutes,
  ]) {
    app.route(ROOT, routes(harbor));
  }

  app.notFound((c) => {
    const methods = allowedMethods(app, c.req.path);
    const error =
      methods.length === 0
        ? notFound(`path ${c.req.path} was not found`)
        : new HarborError(
            405,
            'METHOD_NOT_ALLOWED',
            `method ${c.req.method} is not allowed, but [${methods.join(',')}] are`,
          );
    return errorResponse(error);
  });
  app.onError((error) => errorResponse(error instanceof HarborError ? error : broken()));
  return app;
}

/** An error as a response of the API. */
function errorResponse(error: HarborError): Response {
  const body = errorBody(error);
  const headers = { 'Content-Type': 'application/json; charset=utf-8', ...error.headers };
  return new Response(body, { status: error.status, headers });
}

/** Harbor rejects a request whose Accept header excludes the type of the response. */
function requireAcceptable(harbor: Harbor, accept: string | undefined, path: string, anonymous: boolean): void {
  const isText = TEXT_PATHS.test(path);
  if (isText && harbor.rules.hasTextAsJson) return;
  const offered = isText ? 'text/plain' : 'application/json';
  const wanted = (accept ?? '*/*').split(',').map((each) => each.split(';')[0]?.trim() ?? '');
  if (wanted.some((each) => ['*/*', '', offered, `${offered.split('/')[0]}/*`].includes(each))) return;
  const { status, code, message } = invalid(`unsupported media type requested, only [${offered}] are available`);
  throw new HarborError(status, code, message, anonymous ? { 'Www-Authenticate': 'Basic realm="API"' } : {});
}

function allowedMethods(app: Hono<Env>, path: string): readonly string[] {
  const matching = app.routes.filter(
    (route) => route.method !== 'ALL' && new RegExp(`^${route.path.replace(/:\w+/g, '[^/]+')}/?$`).test(path),
  );
  return [...new Set(matching.map(({ method }) => method))].toSorted();
}
