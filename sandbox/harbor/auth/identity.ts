import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { forbidden, unauthorized } from '../http/errors.ts';
import type { Harbor } from '../store/harbor.ts';
import type { Project, Robot, Role, User } from '../store/state.ts';

/** The sender of a request. With a wrong password the sender is anonymous, as in Harbor. */
export type Identity =
  | { readonly kind: 'anonymous'; readonly failed: boolean }
  | { readonly kind: 'user'; readonly user: User }
  | { readonly kind: 'robot'; readonly robot: Robot };

/** The variables in the Hono context of the API's handlers. */
export interface Env {
  Variables: { identity: Identity };
}

/** The salt and the hash of a password, as stored. */
export function hashSecret(password: string, salt = randomBytes(8).toString('hex')): string {
  return `${salt}:${createHash('sha256').update(salt).update(password).digest('hex')}`;
}

function secretMatches(password: string, secret: string): boolean {
  const given = hashSecret(password, secret.split(':')[0]);
  return given.length === secret.length && timingSafeEqual(Buffer.from(given), Buffer.from(secret));
}

/** When the lock of each account ends. While Harbor handles a wrong password, it rejects the right one too. */
const locks = new WeakMap<Harbor, Map<string, number>>();

/** Identifies the sender by the Authorization header, else by the session. Only Basic counts: Bearer tokens belong to the registry. */
export async function identify(
  harbor: Harbor,
  authorization: string | undefined,
  cookies?: string | undefined,
): Promise<Identity> {
  const [scheme, encoded = ''] = (authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'basic') {
    const user = harbor.sessions.userOf(cookies);
    return user === undefined ? { kind: 'anonymous', failed: false } : { kind: 'user', user };
  }
  const text = Buffer.from(encoded, 'base64').toString();
  const at = text.indexOf(':');
  if (at < 0) return { kind: 'anonymous', failed: true };
  return logIn(harbor, text.slice(0, at), text.slice(at + 1));
}

/** Checks a name and a password or a robot's secret. */
async function logIn(harbor: Harbor, name: string, password: string): Promise<Identity> {
  const robot = harbor.store.state.robots.find((each) => each.name === name);
  if (robot !== undefined && !robot.disabled && secretMatches(password, robot.secret) && !expired(harbor, robot)) {
    return { kind: 'robot', robot };
  }
  const user = await logInUser(harbor, name, password);
  return user === undefined ? { kind: 'anonymous', failed: true } : { kind: 'user', user };
}

async function logInUser(harbor: Harbor, name: string, password: string): Promise<User | undefined> {
  const locked = locks.get(harbor) ?? new Map<string, number>();
  locks.set(harbor, locked);
  if ((locked.get(name) ?? 0) > Date.now()) return undefined;
  harbor.traffic.passwords += 1;
  if (harbor.timings.passwordCost > 0) await sleep(harbor.timings.passwordCost);
  const user = harbor.store.state.users.find((each) => each.name === name);
  if (user !== undefined && secretMatches(password, user.secret)) return user;
  locked.set(name, Date.now() + harbor.timings.loginDelay);
  await sleep(harbor.timings.loginDelay, undefined, { signal: harbor.closing }).catch(() => {});
  return undefined;
}

/** `POST /c/login`: a user's name and password. Robots cannot log in here. @throws {HarborError} 401 */
export async function startSession(harbor: Harbor, form: URLSearchParams): Promise<string> {
  const user = await logInUser(harbor, form.get('principal') ?? '', form.get('password') ?? '');
  if (user === undefined) throw unauthorized('');
  return harbor.sessions.start(user);
}

const expired = (harbor: Harbor, robot: Robot) => robot.expires >= 0 && robot.expires * 1000 < harbor.now().getTime();

const READS: readonly string[] = ['read', 'list', 'pull'];

const ROLE_MAY: Readonly<Record<Role, (resource: string, action: string) => boolean>> = {
  projectAdmin: () => true,
  maintainer: (resource, action) => READS.includes(action) || (resource !== 'project' && resource !== 'member'),
  developer: (resource, action) =>
    READS.includes(action) || action === 'push' || (resource === 'tag' && action === 'create'),
  guest: (_resource, action) => READS.includes(action),
  limitedGuest: (_resource, action) => action === 'read' || action === 'pull',
};

export const isAdmin = (identity: Identity): boolean => identity.kind === 'user' && identity.user.admin;

/** Whether the sender may perform an action on a resource of a project. */
export function may(identity: Identity, project: Project, resource: string, action: string): boolean {
  if (isAdmin(identity)) return true;
  if (identity.kind === 'robot') {
    const inProject = identity.robot.permissions.filter(
      ({ namespace }) => namespace === project.name || namespace === '*',
    );
    if (inProject.some(({ access }) => access.some((each) => each.resource === resource && each.action === action))) {
      return true;
    }
  }
  if (project.metadata.public === 'true' && READS.includes(action) && resource !== 'member') return true;
  if (identity.kind !== 'user') return false;
  const member = project.members.find(({ userId }) => userId === identity.user.id);
  return member !== undefined && ROLE_MAY[member.role](resource, action);
}

/** @throws {HarborError} 401 when anonymous, else 403. */
export function authorize(identity: Identity, project: Project | undefined, resource: string, action: string): void {
  if (project !== undefined && may(identity, project, resource, action)) return;
  if (project === undefined && isAdmin(identity)) return;
  throw identity.kind === 'anonymous' ? unauthorized() : forbidden();
}

/** Authorizes an action on the whole system. As in Harbor, the message of a 403 is the account's name. */
export function authorizeSystem(identity: Identity, resource: string, action: string): void {
  if (isAdmin(identity)) return;
  if (identity.kind === 'anonymous') throw unauthorized();
  if (identity.kind === 'robot') {
    const system = identity.robot.permissions.filter(({ kind }) => kind === 'system');
    if (system.some(({ access }) => access.some((each) => each.resource === resource && each.action === action)))
      return;
    throw forbidden(identity.robot.name);
  }
  throw forbidden(identity.user.name);
}

export function nameOf(identity: Identity): string {
  if (identity.kind === 'user') return identity.user.name;
  return identity.kind === 'robot' ? identity.robot.name : '';
}
