import { Hono } from 'hono';
import type { Env } from '../auth/identity.ts';
import { authorize, authorizeSystem, hashSecret } from '../auth/identity.ts';
import { readBody, textOf } from '../http/body.ts';
import { badRequest, conflict, notFound, precondition, unauthorized } from '../http/errors.ts';
import { empty, json, listResponse } from '../http/paging.ts';
import { type Harbor, timestamp } from '../store/harbor.ts';
import { findProject, requireProject } from '../store/lookup.ts';
import type { Role, User } from '../store/state.ts';

const ROLES: Readonly<Record<number, Role>> = {
  1: 'projectAdmin',
  2: 'developer',
  3: 'guest',
  4: 'maintainer',
  5: 'limitedGuest',
};

/** Users and the members of a project. */
export function userRoutes(harbor: Harbor): Hono<Env> {
  const app = new Hono<Env>();

  app.get('/users/current', (c) => {
    const identity = c.get('identity');
    if (identity.kind === 'anonymous') throw unauthorized();
    if (identity.kind === 'robot') throw precondition('get current user not available for security context: robot');
    return json(c, showUser(identity.user));
  });

  app.get('/users', (c) => {
    authorizeSystem(c.get('identity'), 'user', 'list');
    return listResponse(
      c,
      harbor.store.state.users,
      { keys: { username: ({ name }) => name }, defaultSort: '' },
      showUser,
    );
  });

  app.post('/users', async (c) => {
    authorizeSystem(c.get('identity'), 'user', 'create');
    const body = await readBody(c, 'userReq');
    const [name, email] = [textOf(body.username), textOf(body.email)];
    requireStrongPassword('password or secret', textOf(body.password));
    if (harbor.store.state.users.some((user) => user.name === name || (email !== '' && user.email === email))) {
      throw conflict(`user ${name} or email ${email} already exists`);
    }
    const user = addUser(harbor, {
      name,
      email,
      password: textOf(body.password),
      realname: textOf(body.realname),
      comment: textOf(body.comment),
      admin: false,
    });
    return empty(c, 201, { Location: `/api/v2.0/users/${user.id}` });
  });

  app.post('/projects/:project/members', async (c) => {
    authorize(c.get('identity'), findProject(harbor, c), 'member', 'create');
    const project = requireProject(harbor, c);
    const body = await readBody(c, 'projectMember');
    const name = textOf((body.member_user as { username?: unknown } | undefined)?.username);
    const user = harbor.store.state.users.find((each) => each.name === name);
    const role = ROLES[Number(body.role_id)];
    if (user === undefined) throw notFound(`User ${name} not found`);
    if (role === undefined) throw badRequest(`bad request: role id ${String(body.role_id)} is not supported`);
    const id = harbor.store.nextId('member');
    project.members.push({ id, userId: user.id, role });
    harbor.store.save();
    return empty(c, 201, { Location: `/api/v2.0/projects/${c.req.param('project')}/members/${id}` });
  });

  return app;
}

/** @throws {HarborError} 400 */
export function requireStrongPassword(what: string, password: string): void {
  const strong = /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d).{8,128}$/s.test(password);
  if (strong) return;
  const letters = 'with at least 1 uppercase letter, 1 lowercase letter and 1 number';
  throw badRequest(`the ${what} must be 8-128, inclusively, characters long ${letters}`);
}

export function addUser(
  harbor: Harbor,
  given: Omit<User, 'id' | 'created' | 'secret'> & { readonly password: string },
): User {
  const { password, ...rest } = given;
  const user = {
    id: harbor.store.nextId('user'),
    ...rest,
    created: timestamp(harbor),
    secret: hashSecret(password),
  };
  harbor.store.state.users.push(user);
  harbor.store.save();
  return user;
}

function showUser(user: User): unknown {
  return {
    admin_role_in_auth: false,
    ...(user.comment === '' ? {} : { comment: user.comment }),
    creation_time: user.created,
    ...(user.email === '' ? {} : { email: user.email }),
    realname: user.realname,
    sysadmin_flag: user.admin,
    update_time: user.created,
    user_id: user.id,
    username: user.name,
  };
}
