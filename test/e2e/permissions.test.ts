import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readJson } from './harbor-api.ts';
import { skipUnsupported } from './skip.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

let workspace: Workspace;
let digest: string;

beforeAll(async () => {
  workspace = await createWorkspace();
  digest = await workspace.push({ repository: 'guarded' });
});
afterAll(() => workspace?.[Symbol.asyncDispose]());

it('reports a rejected login as an error, not as an empty list', async () => {
  // An unknown user, because a wrong password locks a known one for a moment.
  const env = { E2E_USERNAME: `objdocker-e2e-${randomBytes(5).toString('hex')}`, E2E_PASSWORD: 'Wrong1234' };
  const { code, stdout, stderr } = await workspace.objdocker(['harbor-repos', '--json'], env);
  expect(code, stderr).toBe(4);
  expect(JSON.parse(stdout).error).toMatchObject({ code: 'REGISTRY_UNAUTHORIZED', hint: expect.any(String) });
  expect(stdout + stderr).not.toContain('Wrong1234');
});

it('reports a missing project as missing or forbidden', async () => {
  const nowhere = workspace.harbor.project(`${workspace.name}-not`);
  const first = nowhere.listRepositories().next();
  await expect(first).rejects.toMatchObject({ code: expect.stringMatching(/^REGISTRY_(PROJECT_MISSING|FORBIDDEN)$/) });
});

describe('a robot with pull, push and list permissions', () => {
  let env: Record<string, string> | undefined;

  beforeAll(async () => {
    const pairs = ['repository pull', 'repository push', 'repository list', 'artifact list', 'artifact read'];
    const access = pairs.map((pair) => pair.split(' ')).map(([resource, action]) => ({ resource, action }));
    const made = await workspace.api('POST', 'robots', {
      name: 'limited',
      description: 'test',
      duration: 1,
      level: 'project',
      disable: false,
      permissions: [{ kind: 'project', namespace: workspace.name, access }],
    });
    if (made.status === 403) return;
    const { name, secret } = await readJson<{ name: string; secret: string }>(made);
    env = { E2E_USERNAME: name, E2E_PASSWORD: secret };
  });
  beforeEach(({ skip }) => {
    if (env === undefined) skipUnsupported(skip, 'this account may not create robots');
  });

  const refused = { error: { code: 'REGISTRY_FORBIDDEN', hint: expect.any(String) } };

  it('lists repositories and artifacts', async () => {
    const lists = [['harbor-repos'], ['harbor-artifacts', 'guarded']];
    for (const command of lists) expect(await workspace.json(command, { env: env ?? {} })).toMatchObject({ total: 1 });
  });

  it.each([
    ['delete', () => ['harbor-delete', 'guarded', digest, '--yes']],
    ['run gc', () => ['harbor-gc', '--dry-run']],
    ['read the history of gc', () => ['harbor-gc', '--history']],
  ])('gets REGISTRY_FORBIDDEN when it tries to %s', async (_, command) => {
    expect(await workspace.json(command(), { code: 4, env: env ?? {} })).toMatchObject(refused);
  });

  it('gets REGISTRY_FORBIDDEN when it tries to start a scan', async () => {
    const started = await workspace.json(['harbor-trigger-scan', 'guarded'], { code: 4, env: env ?? {} });
    expect(started).toMatchObject({ items: [refused] });
  });

  it('has changed nothing with these attempts', async () => {
    expect(await workspace.json(['harbor-artifacts', 'guarded'])).toMatchObject({ items: [{ digest }], total: 1 });
  });
});
