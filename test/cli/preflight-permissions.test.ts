import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMAND_PERMISSIONS } from '../../src/harbor/permissions.ts';
import { createHarborProject, createRobot, RELEASE_PERMISSIONS } from '../harness/harbor-project.ts';
import { type Account, startHarbor, type TestHarbor } from '../harness/harbor-server.ts';

const DAY_MS = 86_400_000;

interface Preflight {
  readonly checks: readonly { readonly id: string; readonly status: string; readonly detail: string }[];
}

describe.each(['2.9', '2.15'] as const)('preflight with Harbor %s', (version) => {
  let harbor: TestHarbor;
  let robots = 0;
  beforeAll(async () => {
    harbor = await startHarbor({ version });
  });
  afterAll(() => harbor[Symbol.asyncDispose]());

  const preflight = async (permissions: readonly string[]) =>
    preflightAs(await createRobot(harbor, `r${robots++}`, permissions));

  const preflightAs = async (login: Account) => {
    await using project = await createHarborProject({
      host: harbor.host,
      login,
      files: { Dockerfile: 'FROM scratch\nCOPY file /file\n' },
    });
    const { code, stdout, stderr } = await project.run(['preflight', '--json']);
    const { checks } = JSON.parse(stdout) as Preflight;
    return { code, stderr, check: checks.find(({ id }) => id === 'permissions') };
  };

  test('passes with the permissions of a release, which need not include that to read the project', async () => {
    const { code, stderr, check } = await preflight(RELEASE_PERMISSIONS);
    expect(code, stderr).toBe(0);
    expect(check).toMatchObject({ status: 'ok', detail: expect.not.stringContaining('a robot may do less') });
  });

  test('recommends a robot to a user', async () => {
    const { check } = await preflightAs(harbor.admin);
    expect(check).toMatchObject({
      status: 'ok',
      detail: expect.stringContaining('a robot may do less, and is faster'),
    });
  });

  test.each(COMMAND_PERMISSIONS.pipeline.needs)('fails without %s, and names it', async (missing) => {
    const { code, check } = await preflight(RELEASE_PERMISSIONS.filter((each) => each !== missing));
    expect(code).toBe(4);
    expect(check).toMatchObject({ status: 'failed', errorCode: 'REGISTRY_FORBIDDEN' });
    expect(check?.detail).toMatch(new RegExp(`^robot\\$axion\\+r\\d+ lacks ${missing} in project axion$`));
  });

  test('warns without tag:delete, and says what happens', async () => {
    const { code, stderr, check } = await preflight(RELEASE_PERMISSIONS.filter((each) => each !== 'tag:delete'));
    expect(code, stderr).toBe(0);
    expect(check).toMatchObject({
      status: 'warning',
      detail: expect.stringMatching(/lacks tag:delete .* staging tags/),
    });
  });

  test('does not ask for scan:create where the project scans every push', async () => {
    const permissions = [...RELEASE_PERMISSIONS.filter((each) => each !== 'scan:create'), 'project:read'];
    expect((await preflight(permissions)).check).toMatchObject({ status: 'failed' });
    await harbor.api('PUT', 'projects/axion', { body: { metadata: { auto_scan: 'true' } } });
    const { check } = await preflight(permissions);
    await harbor.api('PUT', 'projects/axion', { body: { metadata: { auto_scan: 'false' } } });
    expect(check).toMatchObject({ status: 'ok' });
  });

  test('does not call an expired robot a wrong user or password', async () => {
    await using server = await startHarbor({ version });
    const { username, password } = await createRobot(server, 'old', RELEASE_PERMISSIONS, { days: 1 });
    await server.setDelays({ clockSkew: 2 * DAY_MS });
    await using project = await createHarborProject({ host: server.host, login: { username, password } });
    for (const command of [['registry'], ['harbor-repos'], ['preflight']]) {
      const { code, stdout, stderr } = await project.run(command);
      expect(code, stderr).toBe(4);
      expect(stdout + stderr).toContain('the robot is expired or disabled, or its secret is wrong');
      expect(stdout + stderr).not.toContain('wrong user or password');
    }
  });
});
