import { Hono } from 'hono';
import { json } from '../http/paging.ts';
import { type Harbor, timestamp } from '../store/harbor.ts';
import { projectOfRepository } from '../store/lookup.ts';
import type { Env } from './identity.ts';
import { type Identity, may, nameOf } from './identity.ts';
import { TOKEN_SECONDS, type TokenAccess } from './keys.ts';

/** `/service/token`. It rejects no client: one without permissions gets a token that grants nothing. */
export function tokenRoutes(harbor: Harbor): Hono<Env> {
  const app = new Hono<Env>();
  app.get('/service/token', async (c) => {
    const identity = c.get('identity');
    const scopes = (c.req.queries('scope') ?? []).flatMap((each) => each.split(' '));
    const access = scopes.flatMap((scope) => accessOf(harbor, identity, scope));
    const token = await harbor.keys.sign(nameOf(identity), access);
    const issued = timestamp(harbor).replace(/\.\d+Z$/, 'Z');
    const response = json(c, { token, access_token: '', expires_in: TOKEN_SECONDS, issued_at: issued });
    response.headers.set('Content-Type', 'application/json; charset=utf-8');
    return response;
  });
  return app;
}

/** The access for a scope such as `repository:axion/python:pull,push`: all that the account may do, not only what the scope names. */
function accessOf(harbor: Harbor, identity: Identity, scope: string): readonly TokenAccess[] {
  const [, name] = /^repository:(.+):[^:]*$/.exec(scope) ?? [];
  if (name === undefined) return [];
  const project = projectOfRepository(harbor, name);
  const actions = ['delete', 'pull', 'push'].filter(
    (action) => project !== undefined && may(identity, project, 'repository', action),
  );
  return [{ type: 'repository', name, actions }];
}
