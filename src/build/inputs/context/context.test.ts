import { execFile } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { link, mkdtemp, readdir, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemEnvironment } from '../../../lib/environment.ts';
import { type ContextReader, openContext } from './context.ts';
import type { ContextRequest } from './take.ts';

const run = promisify(execFile);
const environment = systemEnvironment();

let temp: string;
let folder: string;

beforeEach(async () => {
  temp = await mkdtemp(join(tmpdir(), 'context-'));
  folder = join(temp, 'project');
  mkdirSync(folder);
});

afterEach(async () => {
  await rm(temp, { recursive: true });
});

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function open(excluded: readonly string[] = [], signal?: AbortSignal): Promise<ContextReader> {
  const cacheFolder = join(temp, 'cache');
  return openContext(folder, { environment, dockerfile: join(folder, 'Dockerfile'), excluded, cacheFolder, signal });
}

function copy(path: string, rest: Partial<ContextRequest> = {}): ContextRequest {
  return { path, exclude: [], parents: false, wildcards: true, ...rest };
}

async function paths(...requests: ContextRequest[]): Promise<string[]> {
  const { entries, problems } = await (await open()).take(requests);
  expect(problems).toEqual([]);
  return entries.map(({ path }) => path);
}

async function digests(...requests: ContextRequest[]): Promise<Record<string, string>> {
  const { entries } = await (await open()).take(requests);
  return Object.fromEntries(entries.map(({ path, digest }) => [path, digest]));
}

describe('what a source takes', () => {
  it('is a file, or a folder with everything in it, sorted and each once', async () => {
    write({ 'app/b.py': '', 'app/a/c.py': '', 'app.py': '', other: '' });
    expect(await paths(copy('app.py'))).toEqual(['app.py']);
    expect(await paths(copy('app'), copy('/app/'), copy('app/a/c.py'))).toEqual([
      'app',
      'app/a',
      'app/a/c.py',
      'app/b.py',
    ]);
    expect(await paths(copy('.'))).toEqual(['.', 'app', 'app.py', 'app/a', 'app/a/c.py', 'app/b.py', 'other']);
    expect(await paths(copy('../app/../other'))).toEqual(['other']);
  });

  it('is nothing for a source that does not exist', async () => {
    write({ file: '' });
    expect(await paths(copy('gone'), copy('file/x'), copy('gone/x'), copy('no*'))).toEqual([]);
  });

  it.each([
    ['*.py', ['a.py', 'b.py']],
    ['?.py', ['a.py', 'b.py']],
    ['[^a].py', ['b.py']],
    ['*/c.py', ['d/c.py']],
    ['**/c.py', ['d/c.py']],
    ['d/*', ['d/c.py', 'd/e', 'd/e/f.py']],
    ['[z-a].py', []],
    ['[', []],
  ])('is what matches the wildcards of %s, as in Go', async (pattern, expected) => {
    write({ 'a.py': '', 'b.py': '', 'ab.txt': '', 'd/c.py': '', 'd/e/f.py': '' });
    expect(await paths(copy(pattern))).toEqual(expected);
  });

  it('takes a wildcard of a bind mount, and one with a backslash, as a name', async () => {
    write({ '*.py': 'star', 'a.py': '', '\\*.py': 'both' });
    expect(await paths(copy('*.py', { wildcards: false }))).toEqual(['*.py']);
    expect(await paths(copy('\\*.py'))).toEqual(['\\*.py']);
  });

  it('leaves out what --exclude names below the source, except for exceptions', async () => {
    write({ 'src/a.py': '', 'src/test/b.py': '', 'src/test/keep.py': '', 'src/x/test/c.py': '' });
    expect(await paths(copy('src', { exclude: ['test'] }))).toEqual([
      ...['src', 'src/a.py', 'src/x', 'src/x/test', 'src/x/test/c.py'],
    ]);
    expect(await paths(copy('src', { exclude: ['**/test', '!test/keep.py'] }))).toEqual([
      ...['src', 'src/a.py', 'src/test', 'src/test/keep.py', 'src/x'],
    ]);
    // The pattern is for what is in the source, not for the source.
    expect(await paths(copy('src/a.py', { exclude: ['*.py'] }))).toEqual(['src/a.py']);
  });

  it('includes the folders that --parents makes, from the pivot on', async () => {
    write({ 'a/b/x.txt': '', 'a/b/y.py': '', 'a/z.txt': '', 'other/x.txt': '' });
    expect(await paths(copy('a/b/x.txt', { parents: true }))).toEqual(['.', 'a', 'a/b', 'a/b/x.txt']);
    expect(await paths(copy('a/./b/*.txt', { parents: true }))).toEqual(['a', 'a/b', 'a/b/x.txt']);
    expect(await paths(copy('**/*.txt', { parents: true }))).toEqual([
      ...['.', 'a', 'a/b', 'a/b/x.txt', 'a/z.txt', 'other', 'other/x.txt'],
    ]);
  });

  it('follows links in the path of a source and at its end, and keeps those in a folder', async () => {
    write({ 'real/a.txt': '', 'real/sub/b.txt': '' });
    symlinkSync('real', join(folder, 'dir'));
    symlinkSync('/real/a.txt', join(folder, 'file'));
    symlinkSync('../a.txt', join(folder, 'real/sub/up'));
    symlinkSync('../../../../real', join(folder, 'outside'));
    expect(await paths(copy('dir/a.txt'))).toEqual(['dir', 'real/a.txt']);
    expect(await paths(copy('file'))).toEqual(['file', 'real/a.txt']);
    expect(await paths(copy('fil*'))).toEqual(['file', 'real/a.txt']);
    expect(await paths(copy('dir/*.txt'))).toEqual(['dir', 'real/a.txt']);
    // A wildcard does not match through a link.
    expect(await paths(copy('di?/a.txt'))).toEqual([]);
    expect(await paths(copy('outside/sub', { wildcards: false }))).toEqual([
      ...['outside', 'real/sub', 'real/sub/b.txt', 'real/sub/up'],
    ]);
  });

  it('ends at a loop of links, and at one that leads nowhere', async () => {
    symlinkSync('b', join(folder, 'a'));
    symlinkSync('a', join(folder, 'b'));
    symlinkSync('gone', join(folder, 'c'));
    expect(await paths(copy('a/x'), copy('c'))).toEqual(['a', 'b', 'c']);
    expect(await paths(copy('.'))).toEqual(['.', 'a', 'b', 'c']);
  });

  it('is named also where a name has a newline or is not UTF-8, each with a name of its own', async () => {
    const names = [[0x80], [0x81], [0xef, 0xbf, 0xbd], [0x0a], [0xf0, 0x9f, 0x92, 0x80], [0xed, 0xb2, 0x80]];
    for (const name of names) writeFileSync(Buffer.concat([Buffer.from(`${folder}/x`), Buffer.from(name)]), 'text');
    symlinkSync(Buffer.from([0x81]), join(folder, 'y'));
    const expected = [
      'x\n',
      'x\u{1f480}',
      'x\ufffd80',
      'x\ufffd81',
      'x\ufffdef\ufffdbf\ufffdbd',
      'x\ufffded\ufffdb2\ufffd80',
    ];
    const taken = await paths(copy('.'));
    expect(new Set(taken)).toEqual(new Set(['.', 'y', ...expected]));
    expect(await paths(copy('x?'))).toHaveLength(5);
    expect(await paths(copy('x[\ufffd]'))).toHaveLength(3);
  });

  it('is found in folders as deep as a path can be, and is a problem below', async () => {
    const levels = Array.from({ length: 1_900 }, () => 'd').join('/');
    write({ [`${levels}/file`]: '' });
    const name = 'x'.repeat(250);
    await run('sh', ['-c', `cd "${folder}/${levels}" && mkdir ${name} && cd ${name} && mkdir ${name}`]);
    const { entries, problems } = await (await open()).take([copy('d')]);
    await run('rm', ['-r', join(folder, 'd')]);
    expect(entries).toHaveLength(1_900 + 2);
    expect(problems).toEqual([{ path: `${levels}/${name}/${name}`, reason: 'it cannot be read: ENAMETOOLONG' }]);
  });
});

describe('the ignore file', () => {
  beforeEach(() => write({ 'a/b/c.txt': '', 'a/b/d.py': '', 'a/e.txt': '', 'f.txt': '', 'g.py': '' }));

  it.each([
    ['a', ['f.txt', 'g.py']],
    ['/a/', ['f.txt', 'g.py']],
    ['*/b', ['a', 'a/e.txt', 'f.txt', 'g.py']],
    ['**/*.txt', ['a', 'a/b', 'a/b/d.py', 'g.py']],
    ['a\n!a/b/c.txt', ['a', 'a/b', 'a/b/c.txt', 'f.txt', 'g.py']],
    ['a\n!**/c.txt', ['a', 'a/b', 'a/b/c.txt', 'f.txt', 'g.py']],
    ['**\n!a/b', ['a', 'a/b', 'a/b/c.txt', 'a/b/d.py']],
    ['\ufeff# a\r\n  a  \r\n#f.txt\r\n', ['f.txt', 'g.py']],
    ['*\n!*.py\n!no-such', ['g.py']],
    ['[^f].*', ['a', 'a/b', 'a/b/c.txt', 'a/b/d.py', 'a/e.txt', 'f.txt']],
  ])('%j leaves the same files as in BuildKit', async (text, expected) => {
    writeFileSync(join(folder, '.dockerignore'), `${text}\n${text.includes('*\n') ? '' : '.dockerignore'}`);
    expect((await paths(copy('.'))).filter((path) => path !== '.' && path !== '.dockerignore')).toEqual(expected);
  });

  it('is the one beside the Dockerfile first, and is itself a file of the context', async () => {
    write({ '.dockerignore': 'a', Dockerfile: '' });
    expect(await paths(copy('.'))).toEqual(['.', '.dockerignore', 'Dockerfile', 'f.txt', 'g.py']);
    write({ 'Dockerfile.dockerignore': 'f.txt\n*.dockerignore' });
    expect(await paths(copy('*.txt'), copy('.docker*'), copy('D*'))).toEqual(['Dockerfile']);
  });

  it('does not bring back what the build excludes in any case', async () => {
    write({ '.dockerignore': 'a\n!f.txt' });
    const { entries } = await (await open(['f.txt'])).take([copy('*.txt')]);
    expect(entries).toEqual([]);
  });

  it('is a problem when it is not UTF-8', async () => {
    writeFileSync(join(folder, '.dockerignore'), Buffer.from([0x61, 0x80]));
    const { problems } = await (await open()).take([copy('g.py')]);
    expect(problems.map(({ reason }) => reason)).toEqual(['a pattern is not UTF-8']);
  });

  it.each(['[', 'a\\', '!', 'a[z-a]', `a${'b'.repeat(70_000)}`])(
    'with the pattern %.9j is a problem, as it is for BuildKit',
    async (pattern) => {
      write({ '.dockerignore': pattern });
      const { problems } = await (await open()).take([copy('g.py')]);
      expect(problems).toEqual([
        { path: expect.stringContaining('.dockerignore'), reason: expect.stringMatching(/pattern|too long/) },
      ]);
    },
  );
});

describe('a digest', () => {
  it('changes with content, permissions, link target and type, and with nothing else', async () => {
    write({ 'd/file': 'one', 'd/sub/x': '' });
    symlinkSync('file', join(folder, 'd/link'));
    const before = await digests(copy('d'));
    const changed = async (change: () => void) => {
      change();
      const after = await digests(copy('d'));
      return Object.keys(after).filter((path) => after[path] !== before[path]);
    };
    expect(await changed(() => utimesSync(join(folder, 'd/file'), 1, 1))).toEqual([]);
    expect(await changed(() => writeFileSync(join(folder, 'd/file'), 'two'))).toEqual(['d/file']);
    expect(await changed(() => writeFileSync(join(folder, 'd/file'), 'one'))).toEqual([]);
    expect(await changed(() => chmodSync(join(folder, 'd/sub'), 0o1755))).toEqual(['d/sub']);
    expect(await changed(() => chmodSync(join(folder, 'd/sub'), 0o755))).toEqual([]);
    expect(await changed(() => chmodSync(join(folder, 'd/file'), 0o4755))).toEqual(['d/file']);
    chmodSync(join(folder, 'd/file'), 0o644);
    rmSync(join(folder, 'd/link'));
    expect(await changed(() => symlinkSync('sub', join(folder, 'd/link')))).toEqual(['d/link']);
    rmSync(join(folder, 'd/link'));
    expect(await changed(() => writeFileSync(join(folder, 'd/link'), 'file'))).toEqual(['d/link']);
  });

  it('of the root does not depend on its permissions, which are not sent', async () => {
    const before = await digests(copy('.'));
    chmodSync(folder, 0o700);
    expect(await digests(copy('.'))).toEqual(before);
  });

  it('is the same for a file of any size as long as its content is', async () => {
    write({ large: 'x'.repeat(3 * 1024 * 1024 + 5) });
    const before = await digests(copy('large'));
    expect(await digests(copy('large'))).toEqual(before);
    await truncate(join(folder, 'large'), 3 * 1024 * 1024);
    expect(await digests(copy('large'))).not.toEqual(before);
  });

  it('tells hard links from copies', async () => {
    write({ a: 'same', b: 'same' });
    const copies = await digests(copy('.'));
    await unlink(join(folder, 'b'));
    await link(join(folder, 'a'), join(folder, 'b'));
    const links = await digests(copy('.'));
    expect(links.a).toBe(copies.a);
    expect(links.b).not.toBe(copies.b);
    expect(await digests(copy('b'))).toEqual({ b: copies.b });
  });

  it('counts pipes and sockets without opening them', async () => {
    await run('mkfifo', [join(folder, 'pipe')]);
    await using server = createServer();
    await new Promise<void>((done) => server.listen(join(folder, 'socket'), done));
    const { entries, problems } = await (await open()).take([copy('.')]);
    expect(problems).toEqual([]);
    expect(entries.map(({ path, type }) => `${path} ${type}`)).toEqual(['. directory', 'pipe other', 'socket other']);
  });
});

describe('what cannot be read', () => {
  it('is a problem when it changes each time it is read', async () => {
    write({ busy: '', quiet: '' });
    // So large that reading it takes several slices, between which it grows.
    await truncate(join(folder, 'busy'), 256 * 1024 * 1024);
    const reader = await open();
    const growing = setInterval(() => appendFileSync(join(folder, 'busy'), 'x'), 0);
    const { problems, entries } = await reader.take([copy('busy'), copy('quiet')]);
    clearInterval(growing);
    expect(problems).toEqual([{ path: 'busy', reason: 'it changed while it was read' }]);
    expect(entries.map(({ path }) => path)).toEqual(['quiet']);
  });

  it('is a problem when the user may not read it', async () => {
    write({
      'secret/file': '',
      unreadable: '',
      'ignored/deep/file': '',
      '.dockerignore': 'ignored\n!ignored/deep/file',
    });
    for (const path of ['unreadable', 'secret', 'ignored/deep']) chmodSync(join(folder, path), 0);
    chmodSync(temp, 0o755);
    const code = `
      import { openContext } from ${JSON.stringify(new URL('context.ts', import.meta.url).href)};
      import { exec } from ${JSON.stringify(new URL('../../../lib/process/exec.ts', import.meta.url).href)};
      if (process.getuid() === 0) { process.setgroups([]); process.setgid(65534); process.setuid(65534); }
      const environment = { env: process.env, home: '/', exec };
      const reader = await openContext(${JSON.stringify(folder)}, { environment, dockerfile: '/none', excluded: [] });
      const { entries, problems } = await reader.take([{ path: '.', exclude: [], parents: false, wildcards: true }]);
      await reader.save();
      console.log(JSON.stringify({ paths: entries.map(({ path }) => path), problems }));
    `;
    const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', code];
    const { stdout } = await run(process.execPath, args, { env: { ...process.env, XDG_CACHE_HOME: '/proc/none' } });
    for (const path of ['secret', 'ignored/deep']) chmodSync(join(folder, path), 0o755);
    expect(JSON.parse(stdout)).toEqual({
      paths: ['.', '.dockerignore'],
      problems: [
        { path: 'secret', reason: 'it cannot be listed: EACCES' },
        { path: 'unreadable', reason: 'it cannot be read: EACCES' },
      ],
    });
  });

  it('is an error when it is the folder, or the signal is aborted', async () => {
    await expect(openContext(join(temp, 'gone'), { environment, dockerfile: '', excluded: [] })).rejects.toMatchObject({
      code: 'CONTEXT_INVALID',
    });
    const reader = await open([], AbortSignal.abort());
    await expect(reader.take([copy('.')])).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

it('lets other work go on while it reads, and ends at once when the signal is aborted', async () => {
  write({ large: '' });
  await truncate(join(folder, 'large'), 256 * 1024 * 1024);
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  await (await open()).take([copy('.')]);
  expect(turns).toBeGreaterThan(1);
  const controller = new AbortController();
  const taken = (await open([], controller.signal)).take([copy('.')]);
  setTimeout(() => controller.abort(), 0);
  await expect(taken).rejects.toMatchObject({ code: 'CANCELLED' });
  clearInterval(timer);
});

it('names the .git folders that are taken', async () => {
  write({ '.git/HEAD': '', 'sub/.git/HEAD': '', 'sub/file': '' });
  const reader = await open();
  expect((await reader.take([copy('.')])).gitFolders).toEqual(['.git', 'sub/.git']);
  expect((await reader.take([copy('sub/file')])).gitFolders).toEqual([]);
});

describe('the cache', () => {
  /** Lets everything in the context be old enough to be kept. */
  const age = () => run('find', [folder, '-exec', 'touch', '-h', '-d', '1 hour ago', '{}', '+']);

  it('is not needed, and is not trusted when it is damaged or of another version', async () => {
    write({ 'd/file': 'text' });
    await age();
    const before = await digests(copy('.'));
    const reader = await open();
    await reader.take([copy('.')]);
    await reader.save();
    for (const file of await readdir(join(temp, 'cache')).catch(() => [])) {
      await writeFile(join(temp, 'cache', file), '{"version":1,"run":1,"hasAttributes":true}\nnonsense\n\t\t\t\n');
    }
    expect(await digests(copy('.'))).toEqual(before);
  });
});
