import { afterAll, beforeAll, expect, it } from 'vitest';
import { skipUnsupported } from './skip.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

let workspace: Workspace;

beforeAll(async () => {
  workspace = await createWorkspace();
});
afterAll(() => workspace?.[Symbol.asyncDispose]());

it('reports what a dry run would free, and deletes nothing', async ({ skip }) => {
  const digest = await workspace.push({ repository: 'shop' });
  const { code, stdout, stderr } = await workspace.objdocker([
    'harbor-gc',
    '--dry-run',
    '--wait',
    '--timeout',
    '9m',
    '--log',
    '--json',
  ]);
  if (code === 4) skipUnsupported(skip, 'this account may not run gc');
  expect(code, stderr).toBe(0);
  const run = JSON.parse(stdout);
  expect(run).toMatchObject({ state: 'done', dryRun: true, deleteUntagged: false, log: expect.stringMatching(/\S/) });
  expect(run.freedBytes).toBeGreaterThanOrEqual(0);
  expect(stdout, 'the address of Redis is not shown').not.toContain('redis_url');

  const history = await workspace.json<{ items: { id: number }[] }>(['harbor-gc', '--history']);
  expect(history.items.find(({ id }) => id === run.id)).toMatchObject({ state: 'done', dryRun: true });
  expect(await workspace.json(['harbor-artifacts', 'shop'])).toMatchObject({ items: [{ digest }], total: 1 });
});
