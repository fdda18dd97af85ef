import { expect, test } from 'vitest';
import { openTestHarbor } from '../../../test/harness/harbor-client.ts';
import { type SeenRequest, serve } from '../../../test/harness/registry-server.ts';

const USER = { username: 'admin' };
const PROJECT = { name: 'axion', metadata: {}, repo_count: 0, creation_time: '2026-11-23T06:54:52.636Z' };

const json = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

const EXPIRES = 'Path=/; Expires=Mon, 30 Nov 2026 02:01:06 GMT; HttpOnly';

/** A login as Harbor has it. */
function logIn({ body }: SeenRequest) {
  if (body === '')
    return json(403, {}, { 'x-harbor-csrf-token': 'the token', 'set-cookie': `_gorilla_csrf=csrf; ${EXPIRES}` });
  return json(200, {}, { 'set-cookie': `other=1; ${EXPIRES}, sid=id; Path=/` });
}

async function readTenTimes(respond: (request: SeenRequest) => ReturnType<typeof json>): Promise<SeenRequest[]> {
  await using server = await serve((request) => {
    if (request.url === '/c/login') return logIn(request);
    if (request.url.endsWith('/users/current')) return json(200, USER);
    return request.url === '/c/log_out' ? json(200, {}) : respond(request);
  });
  await using harbor = openTestHarbor(server.origin);
  for (let time = 0; time < 10; time++) expect(await harbor.project('axion').exists()).toBe(true);
  await harbor.close();
  return [...server.seen];
}

test('sends the cookies of the session and no password, and the token with a write alone', async () => {
  const seen = await readTenTimes(() => json(200, PROJECT));
  const { headers } = seen.at(-2) ?? {};
  expect(headers).toMatchObject({ cookie: 'sid=id; _gorilla_csrf=csrf' });
  expect(headers).not.toHaveProperty('authorization');
  expect(headers).not.toHaveProperty('x-harbor-csrf-token');
  const login = seen.filter(({ url }) => url === '/c/login').at(-1);
  expect(login?.headers).toMatchObject({ 'x-harbor-csrf-token': 'the token', cookie: '_gorilla_csrf=csrf' });
  expect(login?.headers).not.toHaveProperty('authorization');
  expect(seen.at(-1)?.url).toBe('/c/log_out');
});

test('sends the password when no session is accepted, after a second one', async () => {
  const seen = await readTenTimes(({ headers }) => json(headers.authorization === undefined ? 401 : 200, PROJECT));
  const reads = seen.filter(({ url }) => url.includes('/projects/axion'));
  expect(reads.filter(({ headers }) => headers.authorization === undefined)).toHaveLength(2);
  expect(seen.filter(({ url, body }) => url === '/c/login' && body !== '')).toHaveLength(2);
  expect(seen.at(-1)?.url).not.toBe('/c/log_out');
});

test('tries a login again that Harbor could not answer', async () => {
  let broken = true;
  await using server = await serve((request) => {
    if (request.url === '/c/login') return broken ? json(503, {}) : logIn(request);
    return request.url.endsWith('/users/current') ? json(200, USER) : json(200, PROJECT);
  });
  await using harbor = openTestHarbor(server.origin);
  for (let time = 0; time < 7; time++) await harbor.project('axion').exists();
  broken = false;
  await harbor.project('axion').exists();
  expect(server.seen.at(-1)?.headers.authorization).toBeUndefined();
});
