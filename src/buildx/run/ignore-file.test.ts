import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exclusionPattern, readIgnoreFile, withExclusions } from './ignore-file.ts';

describe('withExclusions', () => {
  it('puts exclusions last, so that an exception cannot undo them', () => {
    expect(withExclusions('*\n!config.yaml', ['config.yaml', 'a/b.txt'])).toBe(
      '*\n!config.yaml\nconfig.yaml\na/b.txt\n',
    );
    expect(withExclusions('', ['config.yaml'])).toBe('config.yaml\n');
  });

  it.each([
    ['#not a comment', '?not?a?comment'],
    ['!not an exception', '?not?an?exception'],
    ['a[1]*?\\b', 'a?1????b'],
    [' trimmed ', '?trimmed?'],
    ['two\nlines', 'two?lines'],
    ['plain-file_1.2.yaml', 'plain-file_1.2.yaml'],
  ])('escapes %j', (path, pattern) => {
    expect(exclusionPattern(path)).toBe(pattern);
  });
});

describe('readIgnoreFile', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ignore-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("prefers the Dockerfile's own ignore file, and is empty without any", async () => {
    const dockerfile = join(folder, 'axion.dockerfile');
    expect(await readIgnoreFile(dockerfile, folder)).toBe('');
    await writeFile(join(folder, '.dockerignore'), 'context');
    expect(await readIgnoreFile(dockerfile, folder)).toBe('context');
    await writeFile(`${dockerfile}.dockerignore`, 'own');
    expect(await readIgnoreFile(dockerfile, folder)).toBe('own');
  });
});
