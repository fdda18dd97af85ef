import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { serve, type TestServer } from '../../../test/harness/registry-server.ts';
import { loadConfig } from '../../config/load.ts';
import type { Package } from '../../config/package.ts';
import { systemEnvironment } from '../../lib/environment.ts';
import { ObjDocker } from '../obj-docker.ts';

const cleanUps: (() => PromiseLike<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

/** A package whose Harbor responds to every list with an empty one. */
async function emptyHarbor(): Promise<{ server: TestServer; pkg: Package; passwordFile: string; docker: ObjDocker }> {
  const server = await serve(() => ({ status: 200, headers: { 'content-type': 'application/json' }, body: '[]' }));
  const folder = await mkdtemp(join(tmpdir(), 'objdocker-session-'));
  cleanUps.push(
    () => server[Symbol.asyncDispose](),
    () => rm(folder, { recursive: true }),
  );
  const passwordFile = join(folder, 'password');
  const registry = { type: 'harbor', host: server.host, project: 'axion', username: 'ci', passwordFile };
  const image = { repository: 'shop', tag: '1.0', dockerfile: 'Dockerfile' };
  await writeFile(passwordFile, 'secret', { mode: 0o600 });
  await writeFile(join(folder, 'config.yaml'), JSON.stringify({ shop: { deployment: { registry, image } } }));
  const config = await loadConfig(join(folder, 'config.yaml'), { env: {} });
  const docker = new ObjDocker({ environment: { ...systemEnvironment(), env: {} } });
  return { server, pkg: config.selectPackage('shop'), passwordFile, docker };
}

const logins = ({ seen }: TestServer) => seen.filter(({ url }) => url.endsWith('/users/current')).length;

async function count(list: AsyncIterable<unknown>): Promise<number> {
  let items = 0;
  for await (const _ of list) items++;
  return items;
}

test('shares one login between all calls of a session', async () => {
  const { server, pkg, docker } = await emptyHarbor();
  await using harbor = docker.harbor(pkg);
  expect(await Promise.all([count(harbor.listRepos()), count(harbor.listGc())])).toEqual([0, 0]);
  expect(await count(harbor.listRepos())).toBe(0);
  expect(logins(server)).toBe(1);
});

test('logs in again for each method of ObjDocker', async () => {
  const { server, pkg, docker } = await emptyHarbor();
  for (const _ of [1, 2]) expect(await count(docker.harborListRepos(pkg))).toBe(0);
  expect(logins(server)).toBe(2);
});

test('reads no credentials and sends nothing before the first call', async () => {
  const { server, pkg, passwordFile, docker } = await emptyHarbor();
  await rm(passwordFile);
  await using harbor = docker.harbor(pkg);
  expect(server.seen).toEqual([]);
  await expect(count(harbor.listRepos())).rejects.toMatchObject({ code: 'SECRET_FILE_UNREADABLE' });
});

test('connects again when a session is used after its end', async () => {
  const { server, pkg, docker } = await emptyHarbor();
  const harbor = docker.harbor(pkg);
  await count(harbor.listRepos());
  await harbor[Symbol.asyncDispose]();
  await count(harbor.listRepos());
  await harbor[Symbol.asyncDispose]();
  expect(logins(server)).toBe(2);
});

test('throws USAGE before it connects when untag names no tag', async () => {
  const { server, pkg, docker } = await emptyHarbor();
  await using harbor = docker.harbor(pkg);
  await expect(harbor.untag('api')).rejects.toMatchObject({
    code: 'USAGE',
    message: 'cannot remove a tag of api: no tag was given',
  });
  expect(server.seen).toEqual([]);
});

test('can be declared with `using`', () => {
  using docker = new ObjDocker({ environment: { ...systemEnvironment(), env: {} } });
  expect(docker).toBeInstanceOf(ObjDocker);
});
