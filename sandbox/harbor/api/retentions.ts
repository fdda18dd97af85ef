import { Hono } from 'hono';
import type { Env } from '../auth/identity.ts';
import { authorize } from '../auth/identity.ts';
import { listOf, objectOf, readBody } from '../http/body.ts';
import { badRequest, notFound } from '../http/errors.ts';
import { empty, json } from '../http/paging.ts';
import type { Harbor } from '../store/harbor.ts';
import type { Project } from '../store/state.ts';

/** `/retentions`. The policies are stored, and never run. */
export function retentionRoutes(harbor: Harbor): Hono<Env> {
  const app = new Hono<Env>();
  const withPolicy = (id: string): Project => {
    const project = harbor.store.state.projects.find(({ retention }) => String(retention?.id) === id);
    if (project === undefined) throw notFound(`no such Retention policy with id ${id}`);
    return project;
  };

  app.post('/retentions', async (c) => {
    const policy = await readBody(c, 'policy');
    const id = objectOf(policy.scope).ref;
    const project = harbor.store.state.projects.find((each) => each.id === id);
    authorize(c.get('identity'), project, 'tag-retention', 'create');
    if (project === undefined) throw notFound(`project ${String(id)} not found`);
    if (project.retention !== undefined) {
      throw badRequest(`bad request: project ${project.id} already has retention policy ${project.retention.id}`);
    }
    project.retention = { id: harbor.store.nextId('retention'), policy };
    harbor.store.save();
    return empty(c, 201, { Location: `/api/v2.0/retentions/${project.retention.id}` });
  });

  app.get('/retentions/:id', (c) => {
    const { retention, ...project } = withPolicy(c.req.param('id'));
    authorize(c.get('identity'), project, 'tag-retention', 'read');
    const { algorithm, rules, scope, trigger } = objectOf(retention?.policy);
    return json(c, {
      algorithm,
      id: retention?.id,
      rules: listOf(rules).map(showRule),
      scope,
      trigger: { kind: objectOf(trigger).kind, settings: objectOf(trigger).settings },
    });
  });

  app.delete('/retentions/:id', (c) => {
    const project = withPolicy(c.req.param('id'));
    authorize(c.get('identity'), project, 'tag-retention', 'delete');
    delete project.retention;
    harbor.store.save();
    return empty(c, 200);
  });

  return app;
}

/** `disabled` is shown only when it is true (recorded). */
function showRule(rule: unknown): unknown {
  const { disabled, ...shown } = objectOf(rule);
  return disabled === true ? { ...shown, disabled } : shown;
}
