import { openTestHarbor, recordedHarbor } from '../../test/harness/harbor-client.ts';
import { type RecordedRoutes, serve } from '../../test/harness/registry-server.ts';
import { Secret } from '../lib/secret.ts';
import type { Harbor } from './harbor.ts';

// Replays recorded responses of a real Harbor 2.9.5, and checks the result or error of the client.

export const PYTHON = 'sha256:c4a4d62c318cc5e722109bf07fb602c307dd0ea40d544beb4ff4641c1ee3abb2';
export const NOWHERE = `sha256:${'0'.repeat(64)}`;

export const admin = { username: 'admin', password: new Secret('Harbor12345') };
export const robot = { username: 'robot$axion+ci', password: new Secret('Robot12345') };
export const dev = { username: 'dev', password: new Secret('Dev12345') };
export const ROBOT = { 'GET /users/current': '213-robot-users-current' };

/** Runs `run` against recorded responses. */
export async function replay<T>(
  routes: RecordedRoutes,
  run: (harbor: Harbor) => Promise<T>,
  login: typeof admin | undefined = admin,
): Promise<T> {
  await using server = await serve(recordedHarbor(routes));
  await using harbor = openTestHarbor(server.origin, { login, retry: { retries: 1 } });
  return await run(harbor);
}

export const axion = (harbor: Harbor) => harbor.project('axion');
export const python = (harbor: Harbor) => harbor.project('axion').repository('python');
