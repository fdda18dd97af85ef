import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemEnvironment } from '../../../lib/environment.ts';
import type { Exec } from '../../../lib/process/exec.ts';
import { openContext } from './context.ts';

const environment = systemEnvironment();
const ALL = { path: '.', exclude: [], parents: false, wildcards: true };

let temp: string;
let folder: string;
let cacheFolder: string;

beforeEach(async () => {
  temp = await mkdtemp(join(tmpdir(), 'context-cache-'));
  folder = join(temp, 'project');
  cacheFolder = join(temp, 'cache');
  write({ 'a/one': 'one', 'a/two': 'two', 'b/three': 'three' });
  laterBy(10_000);
});

afterEach(async () => {
  vi.useRealTimers();
  await rm(temp, { recursive: true });
});

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** Only a file that is old enough is kept, and no call sets the time of its last change of status. */
function laterBy(milliseconds: number): void {
  vi.useRealTimers();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + milliseconds });
}

/** Takes a source, with the paths that are not in the cache: their attributes are read. */
async function take(path = '.'): Promise<{ digests: Record<string, string>; read: string[] }> {
  const read: string[] = [];
  const exec: Exec = (file, args, options) => {
    read.push(
      ...Buffer.from(options.input ?? '')
        .toString()
        .split('\0')
        .slice(0, -1),
    );
    return environment.exec(file, args, options);
  };
  const options = {
    environment: { ...environment, exec },
    dockerfile: join(temp, 'Dockerfile'),
    excluded: [],
    cacheFolder,
  };
  const reader = await openContext(folder, options);
  const { entries, problems } = await reader.take([{ ...ALL, path }]);
  expect(problems).toEqual([]);
  await reader.save();
  return { digests: Object.fromEntries(entries.map(({ path, digest }) => [path, digest])), read };
}

const EVERYTHING = ['./a', './a/one', './a/two', './b', './b/three'];

async function cacheFile(): Promise<string> {
  const [name = '', ...more] = await readdir(cacheFolder);
  expect(more).toEqual([]);
  return join(cacheFolder, name);
}

describe('the cache', () => {
  it('keeps the next run from reading what has not changed', async () => {
    const first = await take();
    expect(first.read).toEqual(EVERYTHING);
    expect(await take()).toEqual({ digests: first.digests, read: [] });
    write({ 'a/one': 'ONE', 'a/new': '' });
    const { digests, read } = await take();
    expect(read).toEqual(['./a', './a/new', './a/one']);
    expect(digests['a/one']).not.toBe(first.digests['a/one']);
    expect(digests.a).toBe(first.digests.a);
    laterBy(20_000);
    expect((await take()).read).toEqual([]);
    expect((await stat(await cacheFile())).mode & 0o777).toBe(0o600);
  });

  it('does not keep what was changed so shortly before that the next change might not show', async () => {
    laterBy(0);
    await take();
    expect((await take()).read).toEqual(EVERYTHING);
  });

  it('is used for each part of the context alone', async () => {
    expect((await take('a')).read).toEqual(['./a', './a/one', './a/two']);
    expect((await take('b')).read).toEqual(['./b', './b/three']);
    expect((await take()).read).toEqual([]);
  });

  it('is left out where it is damaged', async () => {
    const { digests } = await take();
    const file = await cacheFile();
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('three', 'threE'));
    expect(await take()).toEqual({ digests, read: ['./b/three'] });
    await writeFile(file, text.slice(0, text.indexOf('"one"')));
    expect(await take()).toEqual({ digests, read: expect.arrayContaining(['./a/one', './a/two']) });
    for (const broken of ['', '\n', '{}\n', 'nonsense', text.replace('"version":1', '"version":0'), '\0'.repeat(100)]) {
      await writeFile(file, broken);
      expect(await take()).toEqual({ digests, read: EVERYTHING });
    }
  });

  it('is not used when it was written where attributes cannot be read', async () => {
    const options = { dockerfile: join(temp, 'Dockerfile'), excluded: [], cacheFolder };
    const withoutPerl = await openContext(folder, {
      ...options,
      environment: { ...environment, env: { PATH: '/none' } },
    });
    const { remarks } = await withoutPerl.take([ALL]);
    expect(remarks).toEqual(['extended attributes of files are not counted: reading them needs Linux and perl']);
    await withoutPerl.save();
    expect((await take()).read).toEqual(EVERYTHING);
  });

  it('is not written with digests for which attributes could not be read', async () => {
    const exec: Exec = async () => ({ exitCode: 3, stdout: '', stderr: '' });
    const options = {
      environment: { ...environment, exec },
      dockerfile: join(temp, 'Dockerfile'),
      excluded: [],
      cacheFolder,
    };
    const reader = await openContext(folder, options);
    const { remarks } = await reader.take([ALL]);
    expect(remarks).toEqual(['extended attributes of files are not counted: perl ended with exit code 3']);
    await reader.save();
    expect((await take()).read).toEqual(EVERYTHING);
  });

  it('is whole when several runs write it at once', async () => {
    const runs = await Promise.all(Array.from({ length: 8 }, () => take()));
    expect(new Set(runs.map(({ digests }) => JSON.stringify(digests))).size).toBe(1);
    expect((await take()).read).toEqual([]);
  });

  it('may be in a folder that cannot be written or read', async () => {
    const { digests } = await take();
    cacheFolder = '/proc/none/at/all';
    expect(await take()).toEqual({ digests, read: EVERYTHING });
    cacheFolder = join(folder, 'a/one');
    expect(await take()).toEqual({ digests, read: EVERYTHING });
  });

  it('forgets what is gone, folders that are no longer taken, and contexts that are no longer read', async () => {
    await take();
    await rm(join(folder, 'a/two'));
    write({ 'a/four': '' });
    laterBy(20_000);
    const old = join(cacheFolder, `${'0'.repeat(32)}.cache`);
    const other = join(cacheFolder, 'notes.txt');
    for (const path of [old, other]) {
      await writeFile(path, '');
      await utimes(path, 1, 1);
    }
    await take('a');
    expect(await readdir(cacheFolder)).not.toContain(`${'0'.repeat(32)}.cache`);
    await rm(other);
    expect(await readFile(await cacheFile(), 'utf8')).not.toContain('"two"');
    const changeOften = async (times: number) => {
      for (let time = 0; time < times; time++) {
        write({ 'b/three': `${time}` });
        laterBy(20_000);
        await take('b');
      }
    };
    await changeOften(12);
    expect((await take('a')).read).toEqual([]);
    await changeOften(12);
    expect(await readFile(await cacheFile(), 'utf8')).toContain('"one"');
    await changeOften(12);
    expect(await readFile(await cacheFile(), 'utf8')).not.toContain('"one"');
  });
});
