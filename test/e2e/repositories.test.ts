import { afterAll, beforeAll, expect, it } from 'vitest';
import { docker } from '../harness/sandbox.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

interface List<T> {
  readonly items: readonly T[];
  readonly total: number;
}

interface Artifact {
  readonly digest: string;
  readonly tags: readonly { readonly name: string }[];
  readonly platform?: string;
  readonly size: number;
  readonly pushed: string;
}

let workspace: Workspace;
const digests = new Map<string, string>();

beforeAll(async () => {
  workspace = await createWorkspace();
  for (const repository of ['web', 'worker', 'team/backend'])
    digests.set(repository, await workspace.push({ repository }));
});
afterAll(() => workspace?.[Symbol.asyncDispose]());

it('accepts a healthy Harbor', async () => {
  const { code, stderr } = await workspace.objdocker(['registry']);
  expect(code, stderr).toBe(0);
});

it('lists the pushed repositories, oldest first, as JSON and as text', async () => {
  const { items, total } = await workspace.json<List<{ name: string; fullName: string; artifactCount: number }>>([
    'harbor-repos',
  ]);
  expect(items.map(({ name, fullName, artifactCount }) => ({ name, fullName, artifactCount }))).toEqual(
    ['web', 'worker', 'team/backend'].map((name) => ({
      name,
      fullName: `${workspace.name}/${name}`,
      artifactCount: 1,
    })),
  );
  expect(total).toBe(3);
  const { stdout } = await workspace.objdocker(['harbor-repos']);
  for (const name of digests.keys()) expect(stdout).toContain(name);
});

it.each([['web'], ['team/backend']])('shows the artifact of %s with the digest of its push', async (repository) => {
  const platform = await docker(['version', '--format', '{{.Server.Os}}/{{.Server.Arch}}']);
  const { items, total } = await workspace.json<List<Artifact>>(['harbor-artifacts', repository]);
  expect(total).toBe(1);
  expect(items[0]).toMatchObject({ digest: digests.get(repository), tags: [{ name: '1.0' }], platform });
  expect(items[0]?.size).toBeGreaterThan(0);
  expect(Date.parse(items[0]?.pushed ?? '')).not.toBeNaN();
});

it('accepts every form of a repository name', async () => {
  const { host, name } = workspace;
  for (const written of ['team/backend', `${name}/team/backend`, `${host}/${name}/team/backend:1.0`])
    expect(await workspace.json(['harbor-artifacts', written])).toMatchObject({ total: 1 });
});

it('lists both artifacts after a second push to a repository', async () => {
  const second = await workspace.push({ repository: 'web', tag: '2.0' });
  const { items } = await workspace.json<List<Artifact>>(['harbor-artifacts', 'web']);
  expect(items.map(({ digest, tags }) => [digest, tags.map((tag) => tag.name)])).toEqual([
    [digests.get('web'), ['1.0']],
    [second, ['2.0']],
  ]);
});

it('distinguishes an unknown repository from an empty one', async () => {
  expect(await workspace.json(['harbor-artifacts', 'nosuch'], { code: 1 })).toMatchObject({
    error: { code: 'REPOSITORY_NOT_FOUND' },
  });
  await workspace.json(['harbor-delete', 'worker', digests.get('worker') ?? '', '--yes']);
  expect(await workspace.json(['harbor-artifacts', 'worker'])).toEqual({ items: [], total: 0 });
});
