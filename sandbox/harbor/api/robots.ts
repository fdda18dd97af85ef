import { randomBytes } from 'node:crypto';
import { Hono } from 'hono';
import type { Env } from '../auth/identity.ts';
import { authorizeSystem, hashSecret } from '../auth/identity.ts';
import { listOf, objectOf, readBody, textOf } from '../http/body.ts';
import { badRequest, conflict, notFound } from '../http/errors.ts';
import { empty, json, type ListRules, listResponse } from '../http/paging.ts';
import { type Harbor, timestamp } from '../store/harbor.ts';
import { projectNamed } from '../store/lookup.ts';
import type { Robot, RobotPermission } from '../store/state.ts';
import { requireKnownPermissions } from './permissions.ts';
import { requireStrongPassword } from './users.ts';

const DEFAULT_DAYS = 30;

const LIST: ListRules<Robot> = {
  keys: {
    name: ({ name }) => name,
    creation_time: ({ created }) => created,
    Level: ({ level }) => level,
    level: ({ level }) => level,
  },
  defaultSort: 'creation_time',
};

/** Robot accounts of a project or of the system. */
export function robotRoutes(harbor: Harbor): Hono<Env> {
  const app = new Hono<Env>();
  const require = (id: string): Robot => {
    const robot = harbor.store.state.robots.find((each) => String(each.id) === id);
    if (robot === undefined) throw notFound(`robot ${id} not found`);
    return robot;
  };

  app.get('/robots', (c) => {
    authorizeSystem(c.get('identity'), 'robot', 'list');
    const [, project] = /ProjectID=(\d+)/.exec(c.req.query('q') ?? '') ?? [];
    const level = /Level=project/.test(c.req.query('q') ?? '') ? 'project' : 'system';
    if (level === 'project' && project === undefined) {
      throw badRequest('must with project ID when to query project robots');
    }
    const robots = harbor.store.state.robots.filter(
      (each) =>
        each.level === level &&
        (project === undefined || String(projectNamed(harbor, each.permissions[0]?.namespace ?? '')?.id) === project),
    );
    return listResponse(c, robots, LIST, (robot) => showRobot(harbor, robot));
  });

  app.post('/robots', async (c) => {
    authorizeSystem(c.get('identity'), 'robot', 'create');
    const body = await readBody(c, 'robot');
    const level = textOf(body.level);
    if (level !== 'project' && level !== 'system') throw badRequest(`bad request error level input: ${level}`);
    const permissions = permissionsOf(body.permissions);
    if (permissions.length === 0) throw badRequest('bad request empty permission');
    const duration = typeof body.duration === 'number' ? body.duration : 0;
    if (duration === 0 && !harbor.rules.allowsDurationZero) {
      const rule = 'duration must be either -1(Never) or a positive integer';
      throw badRequest(`bad request error duration input: 0, ${rule}`);
    }
    if (harbor.rules.hasPermissionList) requireKnownPermissions(permissions);
    const { robot, secret } = addRobot(harbor, {
      name: textOf(body.name),
      level,
      permissions,
      description: textOf(body.description),
      duration,
    });
    c.header('Location', `/api/v2.0/robots/${robot.id}`);
    const { id, created, expires, name } = robot;
    return json(c, { creation_time: created, expires_at: expires, id, name, secret }, 201);
  });

  app.get('/robots/:id', (c) => {
    authorizeSystem(c.get('identity'), 'robot', 'read');
    return json(c, showRobot(harbor, require(c.req.param('id'))));
  });

  app.put('/robots/:id', async (c) => {
    authorizeSystem(c.get('identity'), 'robot', 'update');
    const robot = require(c.req.param('id'));
    const body = await readBody(c, 'robot');
    robot.disabled = body.disable === true;
    robot.description = textOf(body.description, robot.description);
    if (body.permissions !== undefined) robot.permissions = permissionsOf(body.permissions);
    harbor.store.save();
    return empty(c, 200);
  });

  app.patch('/robots/:id', async (c) => {
    authorizeSystem(c.get('identity'), 'robot', 'update');
    const robot = require(c.req.param('id'));
    const given = textOf((await readBody(c, 'robotSec')).secret);
    if (given !== '') requireStrongPassword('secret', given);
    const secret = given === '' ? newSecret() : given;
    robot.secret = hashSecret(secret);
    harbor.store.save();
    return json(c, { secret });
  });

  app.delete('/robots/:id', (c) => {
    authorizeSystem(c.get('identity'), 'robot', 'delete');
    const robot = require(c.req.param('id'));
    harbor.store.state.robots = harbor.store.state.robots.filter((each) => each !== robot);
    harbor.store.save();
    return empty(c, 200);
  });

  return app;
}

const newSecret = () => `Ro0${randomBytes(24).toString('base64url')}`;

function permissionsOf(value: unknown): readonly RobotPermission[] {
  return listOf(value).map((each) => {
    const { kind, namespace, access } = objectOf(each);
    return {
      kind: textOf(kind),
      namespace: textOf(namespace),
      access: listOf(access).map((one) => {
        const { resource, action } = objectOf(one);
        return { action: textOf(action), resource: textOf(resource) };
      }),
    };
  });
}

/** @throws {HarborError} 400, 404 or 409. */
export function addRobot(
  harbor: Harbor,
  given: Pick<Robot, 'name' | 'level' | 'permissions' | 'description' | 'duration'> & { readonly secret?: string },
): { robot: Robot; secret: string } {
  if (!/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(given.name)) {
    throw badRequest('robot name is not in lower case or contains illegal characters');
  }
  const namespace = given.permissions[0]?.namespace ?? '';
  const project = projectNamed(harbor, namespace);
  if (given.level === 'project' && project === undefined) throw notFound(`project ${namespace} not found`);
  const short = given.level === 'project' ? `${namespace}+${given.name}` : given.name;
  if (harbor.store.state.robots.some(({ name }) => name === `robot$${short}`)) {
    throw conflict(`robot account ${project?.id ?? 0}:${short} already exists`);
  }
  // The default duration is thirty days. -1 means no expiry.
  const days = given.duration === 0 ? DEFAULT_DAYS : given.duration;
  const secret = given.secret ?? newSecret();
  const robot: Robot = {
    id: harbor.store.nextId('robot'),
    name: `robot$${short}`,
    level: given.level,
    created: timestamp(harbor),
    description: given.description,
    disabled: false,
    duration: days,
    expires: days < 0 ? -1 : Math.floor(harbor.now().getTime() / 1000) + days * 86_400,
    permissions: given.permissions,
    secret: hashSecret(secret),
  };
  harbor.store.state.robots.push(robot);
  harbor.store.save();
  return { robot, secret };
}

function showRobot(harbor: Harbor, robot: Robot): unknown {
  return {
    creation_time: robot.created,
    ...harbor.rules.robotFields,
    ...(robot.description === '' ? {} : { description: robot.description }),
    disable: robot.disabled,
    duration: robot.duration,
    editable: true,
    expires_at: robot.expires,
    id: robot.id,
    level: robot.level,
    name: robot.name,
    permissions: robot.permissions,
    update_time: robot.created,
  };
}
