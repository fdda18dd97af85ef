import { link, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { resolveExcluded } from './build-context.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'objdocker-context-'));
  await writeFile(join(folder, 'secret'), 'x');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const reason = 'holds the password';

it('excludes a file under its hard links, too', async () => {
  await link(join(folder, 'secret'), join(folder, 'other'));
  const found = await resolveExcluded(folder, [{ path: join(folder, 'secret'), reason }]);
  expect(found.map(({ path }) => path).sort()).toEqual(['other', 'secret']);
});

it('excludes a folder by its name, without a search for hard links', async () => {
  const found = await resolveExcluded(folder, [{ path: join(folder, 'reports'), reason, isOutput: true }]);
  expect(found).toEqual([{ path: 'reports', reason, isOutput: true }]);
});

it('fails when it cannot search for hard links', async () => {
  await link(join(folder, 'secret'), join(folder, 'other'));
  const looking = resolveExcluded(join(folder, 'nowhere'), [{ path: join(folder, 'secret'), reason }]);
  await expect(looking).rejects.toMatchObject({ code: 'CONTEXT_INVALID', hint: expect.stringContaining('hard link') });
});
