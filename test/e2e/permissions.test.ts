import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readJson } from './harbor-api.ts';
import { skipLacking } from './lacking.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

let workspace: Workspace;
let digest: string;

beforeAll(async () => {
  workspace = await createWorkspace();
  digest = await workspace.push({ repository: 'guarded' });
});
afterAll(() => workspace?.[Symbol.asyncDispose]());

it('a login that Harbor does not know is an error, not a short list', async () => {
  // Nobody's: a wrong password locks out its user for a moment.
  const env = { E2E_USERNAME: `objdocker-e2e-${randomBytes(5).toString('hex')}`, E2E_PASSWORD: 'Wrong1234' };
  const { code, stdout, stderr } = await workspace.objdocker(['harbor-repos', '--json'], env);
  expect(code, stderr).toBe(4);
  expect(JSON.parse(stdout).error).toMatchObject({ code: 'REGISTRY_UNAUTHORIZED', hint: expect.any(String) });
  expect(stdout + stderr).not.toContain('Wrong1234');
});

it('a project that is not there is told as far as one may know', async () => {
  const nowhere = workspace.harbor.project(`${workspace.name}-not`);
  const first = nowhere.listRepositories().next();
  await expect(first).rejects.toMatchObject({ code: expect.stringMatching(/^REGISTRY_(PROJECT_MISSING|FORBIDDEN)$/) });
});

describe('a robot that may pull, push and list', () => {
  let env: Record<string, string> | undefined;

  beforeAll(async () => {
    const pairs = ['repository pull', 'repository push', 'repository list', 'artifact list', 'artifact read'];
    const access = pairs.map((pair) => pair.split(' ')).map(([resource, action]) => ({ resource, action }));
    const made = await workspace.api('POST', 'robots', {
      name: 'limited',
      description: 'of a test',
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
    if (env === undefined) skipLacking(skip, 'this account may not make robots');
  });

  const refused = { error: { code: 'REGISTRY_FORBIDDEN', hint: expect.any(String) } };

  it('lists', async () => {
    const lists = [['harbor-repos'], ['harbor-artifacts', 'guarded']];
    for (const command of lists) expect(await workspace.json(command, { env: env ?? {} })).toMatchObject({ total: 1 });
  });

  it.each([
    ['start a scan', () => ['harbor-trigger-scan', 'guarded']],
    ['delete', () => ['harbor-delete', 'guarded', digest, '--yes']],
    ['collect garbage', () => ['harbor-gc', '--dry-run']],
    ['read who collected garbage', () => ['harbor-gc', '--history']],
  ])('may not %s, and is told so', async (_, command) => {
    expect(await workspace.json(command(), { code: 4, env: env ?? {} })).toMatchObject(refused);
  });

  it('has changed nothing by trying', async () => {
    expect(await workspace.json(['harbor-artifacts', 'guarded'])).toMatchObject({ items: [{ digest }], total: 1 });
  });
});
