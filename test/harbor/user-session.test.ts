import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HARBOR_VERSIONS } from '../../sandbox/harbor/api/version.ts';
import type { Harbor } from '../../src/harbor/harbor.ts';
import { Secret } from '../../src/lib/secret.ts';
import { collect, openTestHarbor } from '../harness/harbor-client.ts';
import { type Account, startHarbor, type TestHarbor } from '../harness/harbor-server.ts';

const REPOSITORIES = 12;
// The check of the login, the request beside it, those that come before a session, and the login itself.
const FEW = 8;

describe.each(HARBOR_VERSIONS)('a user of Harbor %s', (version) => {
  let sandbox: TestHarbor;

  beforeEach(async () => {
    sandbox = await startHarbor({ version });
    await sandbox.seed({ project: 'private', repositories: REPOSITORIES, prefix: 'r' });
    await sandbox.resetTraffic();
  });

  afterEach(async () => {
    await sandbox[Symbol.asyncDispose]();
  });

  const open = ({ username, password }: Account): Harbor & AsyncDisposable =>
    openTestHarbor(sandbox.url, { login: { username, password: new Secret(password) } });

  const names = async (harbor: Harbor): Promise<string[]> =>
    (await collect(harbor.project('private').listRepositories())).map(({ name }) => name);

  const readAll = async (harbor: Harbor): Promise<void> => {
    const found = await names(harbor);
    expect(found).toHaveLength(REPOSITORIES);
    const { name } = harbor.project('private');
    await Promise.all([...found, ...found].map((each) => harbor.project(name).repository(each).newestArtifacts(1)));
  };

  it('logs in once for many requests at a time, and out at the end', async () => {
    {
      await using harbor = open(sandbox.admin);
      await readAll(harbor);
      const { passwords, sessions, recent } = await sandbox.traffic();
      expect(sessions).toBe(1);
      expect(passwords).toBeLessThanOrEqual(FEW);
      expect(recent.filter(({ path, status }) => path === '/c/login' && status === 200)).toHaveLength(1);
    }
    expect(await sandbox.traffic()).toMatchObject({ sessions: 0 });
  });

  it('sends writes with the session, too', async () => {
    await using harbor = open(sandbox.admin);
    await readAll(harbor);
    await sandbox.resetTraffic();
    await harbor.project('private').changePushSettings({ autoScan: true });
    expect(await harbor.project('private').get()).toMatchObject({ autoScan: true });
    expect(await sandbox.traffic()).toMatchObject({ passwords: 0 });
  });

  it('logs in again, once, when Harbor has ended the session', async () => {
    await using harbor = open(sandbox.admin);
    await readAll(harbor);
    await sandbox.endSessions();
    await sandbox.resetTraffic();
    await readAll(harbor);
    await harbor.project('private').changePushSettings({ autoScan: true });
    expect(await sandbox.traffic()).toMatchObject({ passwords: 1, sessions: 1 });
  });

  it('sends the password where Harbor gives no session', async () => {
    await sandbox.failNext({ path: '^/c/login', count: 100, kind: 'status', status: 404 });
    await using harbor = open(sandbox.admin);
    await readAll(harbor);
    const { sessions, recent } = await sandbox.traffic();
    expect(sessions).toBe(0);
    expect(recent.filter(({ path }) => path === '/c/login')).toHaveLength(1);
  });

  it('tries no login with a wrong password, which is told as such', async () => {
    await using harbor = open({ ...sandbox.admin, password: 'wrong' });
    await expect(readAll(harbor)).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' });
    const { recent, sessions } = await sandbox.traffic();
    expect(sessions).toBe(0);
    expect(recent.filter(({ path }) => path === '/c/login')).toEqual([]);
  });

  it('is no robot: a robot sends its secret', async () => {
    await using harbor = open(sandbox.robot);
    const axion = harbor.project('axion');
    for (let request = 0; request < FEW; request++) await collect(axion.listRepositories());
    const { recent, sessions } = await sandbox.traffic();
    expect(sessions).toBe(0);
    expect(recent.filter(({ path }) => path.startsWith('/c/'))).toEqual([]);
  });
});
