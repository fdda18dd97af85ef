import { Hono } from 'hono';
import { type Env, type Identity, isAdmin, may } from '../auth/identity.ts';
import { badRequest, forbidden, unauthorized } from '../http/errors.ts';
import { json } from '../http/paging.ts';
import type { Harbor } from '../store/harbor.ts';
import type { Access, Project, RobotPermission } from '../store/state.ts';

type Table = Readonly<Record<string, string>>;

/** The permissions that a robot can have in a project, as `/permissions` lists them. */
const PROJECT: Table = {
  log: 'list',
  project: 'read delete update',
  metadata: 'read create delete list update',
  repository: 'read update delete list pull push',
  artifact: 'read create list delete',
  scan: 'create read stop',
  sbom: 'create stop read',
  tag: 'create list delete',
  accessory: 'list',
  'artifact-addition': 'read',
  'artifact-label': 'create delete',
  scanner: 'create read',
  'preheat-policy': 'read create delete list update',
  'immutable-tag': 'create delete list update',
  'notification-policy': 'read create delete list update',
  'tag-retention': 'read create delete list update',
  label: 'read create delete list update',
  quota: 'read',
  robot: 'create read list delete',
  'export-cve': 'create read',
  member: 'create read update list delete',
};

/** The permissions that a robot can have in the system. */
const SYSTEM: Table = {
  'audit-log': 'list',
  'preheat-instance': 'read create delete list update',
  project: 'list create',
  'replication-policy': 'read create delete list update',
  replication: 'read create list',
  'replication-adapter': 'list',
  registry: 'read create delete list update',
  'scan-all': 'read update stop create',
  'system-volumes': 'read',
  'garbage-collection': 'read create list update stop',
  'purge-audit': 'read create list update stop',
  'jobservice-monitor': 'list stop',
  scanner: 'read create delete list update',
  label: 'read create delete update',
  'security-hub': 'read list',
  catalog: 'read',
  quota: 'read list update',
  robot: 'create read list delete',
  user: 'create read update list delete',
  'ldap-user': 'create list',
  'user-group': 'create read update list delete',
};

/** `/permissions` and the permissions of the sender. */
export function permissionRoutes(harbor: Harbor): Hono<Env> {
  const app = new Hono<Env>();

  if (harbor.rules.hasPermissionList) {
    app.get('/permissions', (c) => {
      const identity = c.get('identity');
      if (identity.kind === 'anonymous') throw unauthorized('');
      if (!isAdmin(identity)) throw forbidden('forbidden: only admins(system and project) can access permissions');
      return json(c, { project: listOf(PROJECT), system: listOf(SYSTEM) });
    });
  }

  app.get('/users/current/permissions', (c) => {
    const identity = c.get('identity');
    if (identity.kind === 'anonymous') throw unauthorized();
    // A scope with the project's name instead of its number has no permissions.
    const id = /^\/project\/(\d+)$/.exec(c.req.query('scope') ?? '')?.[1];
    const project = harbor.store.state.projects.find((each) => String(each.id) === id);
    const granted = project === undefined ? [] : permissionsIn(identity, project);
    const relative = c.req.query('relative') === 'true';
    return json(
      c,
      granted.map(({ action, resource }) => ({
        action,
        resource: relative ? resource : `/project/${id}${resource === '.' ? '' : `/${resource}`}`,
      })),
    );
  });

  return app;
}

function permissionsIn(identity: Identity, project: Project): readonly Access[] {
  if (identity.kind === 'robot') {
    return identity.robot.permissions
      .filter(({ namespace }) => namespace === project.name || namespace === '*')
      .flatMap(({ access }) => access);
  }
  return listOf(PROJECT)
    .filter(({ resource, action }) => may(identity, project, resource, action))
    .map(({ resource, action }) => ({ action, resource: resource === 'project' ? '.' : resource }));
}

const listOf = (table: Table): readonly Access[] =>
  Object.entries(table).flatMap(([resource, actions]) => actions.split(' ').map((action) => ({ action, resource })));

/** @throws {HarborError} 400 when a robot would get a permission that does not exist */
export function requireKnownPermissions(permissions: readonly RobotPermission[]): void {
  for (const { kind, access } of permissions) {
    const table = kind === 'system' ? SYSTEM : PROJECT;
    const unknown = access.find(({ resource, action }) => !(table[resource] ?? '').split(' ').includes(action));
    if (unknown !== undefined) throw badRequest(`bad request permission: ${unknown.resource}:${unknown.action}`);
  }
}
