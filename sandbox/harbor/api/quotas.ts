import { Hono } from 'hono';
import type { Env } from '../auth/identity.ts';
import { authorizeSystem } from '../auth/identity.ts';
import { objectOf, readBody } from '../http/body.ts';
import { notFound } from '../http/errors.ts';
import { empty, listResponse } from '../http/paging.ts';
import type { Harbor } from '../store/harbor.ts';
import { usedStorage } from '../store/lookup.ts';
import type { Project } from '../store/state.ts';

/** The storage quotas. A quota has the id of its project. */
export function quotaRoutes(harbor: Harbor): Hono<Env> {
  const app = new Hono<Env>();

  app.get('/quotas', (c) => {
    authorizeSystem(c.get('identity'), 'quota', 'list');
    const id = c.req.query('reference_id');
    const projects = harbor.store.state.projects.filter((each) => id === undefined || String(each.id) === id);
    return listResponse(c, projects, { keys: {}, defaultSort: '' }, (project) => showQuota(harbor, project));
  });

  app.put('/quotas/:id', async (c) => {
    authorizeSystem(c.get('identity'), 'quota', 'update');
    const id = c.req.param('id');
    const project = harbor.store.state.projects.find((each) => String(each.id) === id);
    if (project === undefined) throw notFound(`quota ${id} not found`);
    const { storage } = objectOf((await readBody(c, 'hard')).hard);
    if (typeof storage === 'number') project.storageLimit = storage;
    harbor.store.save();
    return empty(c, 200);
  });

  return app;
}

const showQuota = (harbor: Harbor, project: Project): unknown => ({
  creation_time: project.created,
  hard: { storage: project.storageLimit },
  id: project.id,
  ref: { id: project.id, name: project.name, owner_name: '' },
  update_time: project.created,
  used: { storage: usedStorage(harbor, project) },
});
