import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolders } from './files.ts';

let temp: string;

beforeEach(async () => {
  temp = await mkdtemp(join(tmpdir(), 'files-'));
});

afterEach(() => rm(temp, { recursive: true }));

describe('makeFolders', () => {
  it('creates a folder with its parents, also when several do so at once, and accepts one that exists', async () => {
    const path = join(temp, 'a', 'b', 'c');
    await Promise.all([makeFolders(path), makeFolders(path), makeFolders(join(path, 'd'))]);
    await makeFolders(path);
    expect((await stat(join(path, 'd'))).isDirectory()).toBe(true);
    await makeFolders('/');
  });

  it.each(['/proc/x', '/proc/x/y', '/proc/self/x'])('fails for %s, where no folder can be created', async (path) => {
    await expect(makeFolders(path)).rejects.toMatchObject({ code: expect.stringMatching(/^(ENOENT|EACCES|EPERM)$/) });
  });

  it('fails where a file is in the way', async () => {
    await writeFile(join(temp, 'file'), '');
    await expect(makeFolders(join(temp, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeFolders(join(temp, 'file', 'x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
