import { Hono } from 'hono';
import type { Env } from '../auth/identity.ts';
import { authorize, type Identity, isAdmin, may } from '../auth/identity.ts';
import { objectOf, readBody, textOf } from '../http/body.ts';
import { badRequest, conflict, forbidden, notFound, precondition, unauthorized } from '../http/errors.ts';
import { empty, json, type ListRules, listResponse } from '../http/paging.ts';
import { type Harbor, timestamp } from '../store/harbor.ts';
import { projectNamed, requireProject, usedStorage } from '../store/lookup.ts';
import { NEVER, type Project } from '../store/state.ts';

const ROLE_NUMBERS = { projectAdmin: 1, developer: 2, guest: 3, maintainer: 4, limitedGuest: 5 } as const;

const LIST: ListRules<Project> = {
  keys: {
    name: ({ name }) => name,
    creation_time: ({ created }) => created,
    update_time: ({ created }) => created,
    project_id: ({ id }) => id,
    public: ({ metadata }) => metadata.public,
    owner_id: ({ ownerId }) => ownerId,
  },
  defaultSort: 'name',
};

/** `/projects`. */
export function projectRoutes(harbor: Harbor): Hono<Env> {
  const app = new Hono<Env>();

  app.get('/projects', (c) => {
    const identity = c.get('identity');
    // The status of HEAD tells whether the project exists.
    if (c.req.method === 'HEAD') {
      if (identity.kind === 'anonymous') throw unauthorized();
      if (projectNamed(harbor, c.req.query('project_name') ?? '') === undefined) throw notFound('project not found');
      return empty(c, 200);
    }
    const name = c.req.query('name');
    const wanted = harbor.store.state.projects.filter(
      (project) => isVisible(identity, project) && (name === undefined || project.name.includes(name)),
    );
    return listResponse(c, wanted, LIST, (project) => showProject(harbor, identity, project));
  });

  app.post('/projects', async (c) => {
    const identity = c.get('identity');
    if (identity.kind === 'anonymous') throw unauthorized();
    if (identity.kind === 'robot') throw forbidden('Only system level robot can create project');
    const body = await readBody(c, 'project');
    const project = createProject(harbor, textOf(body.project_name), {
      owner: identity.user,
      metadata: stringsOf(body.metadata),
      ...(typeof body.storage_limit === 'number' ? { storageLimit: body.storage_limit } : {}),
    });
    const byName = c.req.header('X-Resource-Name-In-Location') === 'true';
    return empty(c, 201, { Location: `/api/v2.0/projects/${byName ? project.name : project.id}` });
  });

  app.get('/projects/:project', (c) => {
    const identity = c.get('identity');
    authorizeProject(harbor, c, 'read');
    return json(c, showProject(harbor, identity, requireProject(harbor, c)));
  });

  app.put('/projects/:project', async (c) => {
    authorizeProject(harbor, c, 'update');
    const project = requireProject(harbor, c);
    const body = await readBody(c, 'project');
    project.metadata = { ...project.metadata, ...stringsOf(body.metadata) };
    harbor.store.save();
    return empty(c, 200);
  });

  app.delete('/projects/:project', (c) => {
    authorizeProject(harbor, c, 'delete');
    const project = requireProject(harbor, c);
    if (repositoriesOf(harbor, project).length > 0) {
      throw precondition('precondition failed: the project contains repositories, can not be deleted');
    }
    harbor.store.state.projects = harbor.store.state.projects.filter(({ id }) => id !== project.id);
    harbor.store.state.robots = harbor.store.state.robots.filter(
      ({ level, permissions }) => level === 'system' || permissions[0]?.namespace !== project.name,
    );
    harbor.store.save();
    return empty(c, 200);
  });

  app.get('/projects/:project/summary', (c) => {
    authorizeProject(harbor, c, 'read');
    const project = requireProject(harbor, c);
    return json(c, {
      project_admin_count: 1,
      quota: { hard: { storage: project.storageLimit }, used: { storage: usedStorage(harbor, project) } },
      repo_count: repositoriesOf(harbor, project).length,
    });
  });

  app.get('/projects/:project/_deletable', (c) => {
    authorizeProject(harbor, c, 'delete');
    const full = repositoriesOf(harbor, requireProject(harbor, c)).length > 0;
    return json(c, full ? { message: 'the project contains repositories, can not be deleted' } : { deletable: true });
  });

  return app;
}

const authorizeProject = (harbor: Harbor, c: Parameters<typeof requireProject>[1], action: string) =>
  authorize(
    c.get('identity'),
    harbor.store.state.projects.find(({ id, name }) => [String(id), name].includes(c.req.param('project') ?? '')),
    'project',
    action,
  );

/** A project is visible to accounts that may list its repositories, and to robots with any permission in it (recorded). */
const isVisible = (identity: Identity, project: Project) =>
  may(identity, project, 'project', 'read') ||
  may(identity, project, 'repository', 'list') ||
  (identity.kind === 'robot' &&
    identity.robot.permissions.some(({ namespace }) => namespace === project.name || namespace === '*'));

const repositoriesOf = (harbor: Harbor, { id }: Project) =>
  harbor.store.state.repositories.filter(({ projectId }) => projectId === id);

/** Harbor's metadata values are strings, including `"true"` and `"false"`. */
function stringsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(objectOf(value)).flatMap(([name, each]) => (typeof each === 'string' ? [[name, each]] : [])),
  );
}

/** @throws {HarborError} 400 for an invalid name, 409 when the name exists. */
export function createProject(
  harbor: Harbor,
  name: string,
  options: {
    readonly owner: { readonly id: number; readonly name: string };
    readonly metadata?: Record<string, string>;
    readonly storageLimit?: number;
  },
): Project {
  if (!/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(name)) {
    throw badRequest('project name is not in lower case or contains illegal characters');
  }
  if (projectNamed(harbor, name) !== undefined) throw conflict(`The project named ${name} already exists`);
  const project: Project = {
    id: harbor.store.nextId('project'),
    name,
    ownerId: options.owner.id,
    ownerName: options.owner.name,
    created: timestamp(harbor),
    metadata: { public: 'false', ...options.metadata },
    members: [{ id: harbor.store.nextId('member'), userId: options.owner.id, role: 'projectAdmin' }],
    immutableRules: [],
    storageLimit: options.storageLimit ?? -1,
  };
  harbor.store.state.projects.push(project);
  harbor.store.save();
  return project;
}

function showProject(harbor: Harbor, identity: Identity, project: Project): unknown {
  const member =
    identity.kind === 'user' ? project.members.find(({ userId }) => userId === identity.user.id) : undefined;
  const role = member === undefined ? (isAdmin(identity) ? 1 : undefined) : ROLE_NUMBERS[member.role];
  return {
    creation_time: project.created,
    ...(role === undefined ? {} : { current_user_role_id: role }),
    current_user_role_ids: role === undefined ? null : [role],
    cve_allowlist: { creation_time: NEVER, id: project.id, items: [], project_id: project.id, update_time: NEVER },
    metadata: {
      ...project.metadata,
      ...(project.retention === undefined ? {} : { retention_id: String(project.retention.id) }),
    },
    name: project.name,
    owner_id: project.ownerId,
    owner_name: project.ownerName,
    project_id: project.id,
    repo_count: repositoriesOf(harbor, project).length,
    update_time: project.created,
  };
}
