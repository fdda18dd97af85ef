import { execFile } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openContext } from '../../src/build/inputs/context/context.ts';
import type { ContextRequest } from '../../src/build/inputs/context/take.ts';
import { systemEnvironment } from '../../src/lib/environment.ts';
import { type BuildkitPeer, peerProgram, startBuildkit } from './buildkit-peer.ts';
import { makeShell } from './harness.ts';

const run = promisify(execFile);
const environment = systemEnvironment();
const buildkitd = peerProgram('buildkitd');
const buildx = peerProgram('buildx');

let shell: string;
let peer: BuildkitPeer | undefined;
beforeAll(async () => {
  shell = await makeShell(process.env);
  if (buildkitd !== undefined && buildx !== undefined) peer = await startBuildkit({ buildkitd, buildx });
});
afterAll(async () => {
  await rm(shell, { recursive: true });
  await peer?.[Symbol.asyncDispose]();
});

let temp: string;
let folder: string;
beforeEach(async () => {
  temp = await mkdtemp(join(tmpdir(), 'build-context-'));
  folder = join(temp, 'project');
  mkdirSync(folder);
});
afterEach(() => rm(temp, { recursive: true }));

/** `path -> target` makes a link. */
function write(...files: string[]): void {
  for (const file of files) {
    const [path = '', target] = file.split(' -> ');
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    if (target === undefined) writeFileSync(join(folder, path), path);
    else symlinkSync(target, join(folder, path));
  }
}

/** Builds without a cache. What is in the image, one line for each path; undefined when the build fails. */
async function build(
  lines: string,
  { builder, env }: { builder?: string; env?: object } = {},
): Promise<string[] | undefined> {
  const file = join(temp, 'Dockerfile');
  writeFileSync(file, `FROM scratch\n${lines}\n`);
  const image = join(temp, 'image.tar');
  const chosen = builder === undefined ? [] : ['--builder', builder];
  const args = [
    'buildx',
    'build',
    ...chosen,
    '--no-cache',
    '--output',
    `type=tar,dest=${image}`,
    '--file',
    file,
    folder,
  ];
  const isBuilt = await run('docker', args, {
    env: { ...process.env, BUILDX_NO_DEFAULT_ATTESTATIONS: '1', ...env },
  }).then(
    () => true,
    () => false,
  );
  if (!isBuilt) return undefined;
  const root = await mkdtemp(join(temp, 'image-'));
  await run('tar', ['--xattrs', '--xattrs-include=*', '-xf', image, '-C', root]);
  return await describeFolder(root);
}

async function describeFolder(root: string): Promise<string[]> {
  const { stdout } = await run('find', ['.', '-mindepth', '1', '-printf', '%P\\0'], { cwd: root });
  const paths = stdout.split('\0').filter((path) => path !== '');
  const inodes = new Map<number, string>();
  return paths.sort().map((path) => {
    const found = lstatSync(join(root, path));
    const mode = (found.mode & 0o177777).toString(8);
    if (found.isSymbolicLink()) return `${mode} ${path} -> ${readlinkSync(join(root, path))}`;
    if (!found.isFile()) return `${mode} ${path}`;
    const first = inodes.get(found.ino) ?? path;
    inodes.set(found.ino, first);
    return `${mode} ${path} ${first === path ? readFileSync(join(root, path), 'base64') : `= ${first}`}`;
  });
}

function pathsIn(image: readonly string[] | undefined): string[] | undefined {
  return image?.map((line) => line.split(' ')[1] ?? '');
}

async function take(...requests: ContextRequest[]) {
  const options = { environment, dockerfile: join(temp, 'Dockerfile'), excluded: [], cacheFolder: join(temp, 'cache') };
  const { entries, problems } = await (await openContext(folder, options)).take(requests);
  expect(problems).toEqual([]);
  return entries;
}

function copy(path: string, rest: Partial<ContextRequest> = {}): ContextRequest {
  return { path, exclude: [], parents: false, wildcards: true, ...rest };
}

describe('what the engine copies', () => {
  const TREE = [
    'app/a.py',
    'app/sub/b.py',
    'app/sub/c.txt',
    'other/a.py',
    'dir -> app',
    'app/up -> ../other',
    'loop -> loop',
  ];

  it.each<[source: string, ignore: string, image: string[], ours: string[]]>([
    ['.', 'other\nloop\n', ['app', 'app/a.py', 'app/sub', 'app/sub/b.py', 'app/sub/c.txt', 'app/up', 'dir'], []],
    ['app', '**\n!app/sub/*.py', ['sub', 'sub/b.py'], ['app', 'app/sub', 'app/sub/b.py']],
    ['app/', 'app\n!**/c.txt', ['sub', 'sub/c.txt'], ['app', 'app/sub', 'app/sub/c.txt']],
    [
      'dir',
      '',
      ['a.py', 'sub', 'sub/b.py', 'sub/c.txt', 'up'],
      ['app', 'app/a.py', 'app/sub', 'app/sub/b.py', 'app/sub/c.txt', 'app/up', 'dir'],
    ],
    ['dir/up/a.py', '', ['a.py'], ['app/up', 'dir', 'other/a.py']],
    [
      'd*',
      'other',
      ['a.py', 'sub', 'sub/b.py', 'sub/c.txt', 'up'],
      ['app', 'app/a.py', 'app/sub', 'app/sub/b.py', 'app/sub/c.txt', 'app/up', 'dir'],
    ],
    ['d*/a.py', '', [], []],
    ['dir/*.py', '', ['a.py'], ['app/a.py', 'dir']],
    ['*/[^b].py', '', ['a.py'], ['app/a.py', 'other/a.py']],
    [
      'app/**',
      '',
      ['a.py', 'a.py', 'b.py', 'c.txt'],
      ['app/a.py', 'app/sub', 'app/sub/b.py', 'app/sub/c.txt', 'app/up', 'other', 'other/a.py'],
    ],
    ['/../app/../app/a.py', '', ['a.py'], ['app/a.py']],
  ])('for COPY %s with the ignore file %j is what we find', async (source, ignore, image, ours) => {
    write(...TREE);
    writeFileSync(join(temp, 'Dockerfile.dockerignore'), ignore);
    const expected = image.length === 0 ? [] : ['out', ...new Set(image.map((path) => `out/${path}`))];
    expect(pathsIn(await build(`COPY ${source} /out/`))).toEqual(expected);
    const found = (await take(copy(source))).map(({ path }) => path);
    expect(found).toEqual(ours.length === 0 && image.length > 0 ? ['.', ...image] : ours);
  });

  it.each(['loop', 'gone', 'dir/gone', 'app/a.py/x'])('for COPY %s is nothing: the build fails', async (source) => {
    write(...TREE);
    expect(await build(`COPY ${source} /out/`)).toBeUndefined();
    expect((await take(copy(source))).filter(({ type }) => type !== 'symlink')).toEqual([]);
  });

  it.skipIf(buildkitd === undefined || buildx === undefined).each<[string, ContextRequest, string[], string[]]>([
    [
      '--parents app/sub/c.txt',
      copy('app/sub/c.txt', { parents: true }),
      ['app', 'app/sub', 'app/sub/c.txt'],
      ['.', 'app', 'app/sub', 'app/sub/c.txt'],
    ],
    [
      '--parents app/./**/*.py',
      copy('app/./**/*.py', { parents: true }),
      ['a.py', 'sub', 'sub/b.py'],
      ['app', 'app/a.py', 'app/sub', 'app/sub/b.py'],
    ],
    ['--exclude=sub app', copy('app', { exclude: ['sub'] }), ['a.py', 'up'], ['app', 'app/a.py', 'app/up']],
    [
      '--exclude=**/*.py --exclude=!sub/b.py app',
      copy('app', { exclude: ['**/*.py', '!sub/b.py'] }),
      ['sub', 'sub/b.py', 'sub/c.txt', 'up'],
      ['app', 'app/sub', 'app/sub/b.py', 'app/sub/c.txt', 'app/up'],
    ],
    ['--exclude=*.py app/a.py', copy('app/a.py', { exclude: ['*.py'] }), ['a.py'], ['app/a.py']],
  ])('by a newer BuildKit for COPY %s is what we find', async (written, request, image, ours) => {
    write(...TREE);
    const built = await build(`COPY ${written} /out/`, peer);
    expect(pathsIn(built)).toEqual(['out', ...image.map((path) => `out/${path}`)]);
    expect((await take(request)).map(({ path }) => path)).toEqual(ours);
  });
});

describe('an edit', () => {
  const EDITS: Record<string, () => unknown> = {
    'of permissions of a folder': () => chmodSync(join(folder, 'app/sub'), 0o700),
    'of permissions of a file': () => chmodSync(join(folder, 'app/a'), 0o4755),
    'of a link': () => {
      rmSync(join(folder, 'app/link'));
      symlinkSync('sub/b', join(folder, 'app/link'));
    },
    'that makes a hard link of a copy': () => {
      writeFileSync(join(folder, 'app/a'), 'app/sub/b');
      rmSync(join(folder, 'app/sub/b'));
      linkSync(join(folder, 'app/a'), join(folder, 'app/sub/b'));
    },
    'that makes a pipe of a file': async () => {
      rmSync(join(folder, 'app/a'));
      await run('mkfifo', [join(folder, 'app/a')]);
    },
    'that adds an empty folder': () => mkdirSync(join(folder, 'app/new')),
    'that adds a socket': async () => {
      const server = createServer();
      await new Promise<void>((done) => server.listen(join(folder, 'app/socket'), done));
      server.unref();
    },
    'of the permissions of the source': () => chmodSync(join(folder, 'app'), 0o700),
    'of the permissions of the context': () => chmodSync(folder, 0o700),
  };

  it.each(Object.keys(EDITS))('%s changes a digest when it changes the image', async (name) => {
    write('app/a', 'app/sub/b', 'app/link -> a');
    const sources = ['app', '.', 'a*'];
    const lines = sources.map((source, index) => `COPY ${source} /out${index}/`).join('\n');
    const both = async () => {
      const image = await build(lines);
      return await Promise.all(
        sources.map(async (source, index) => ({
          image: image?.filter((line) => line.includes(` out${index}/`)),
          ours: await take(copy(source)),
        })),
      );
    };
    const before = await both();
    await EDITS[name]?.();
    const after = await both();
    const changed = sources.filter((_source, index) => !isDeepStrictEqual(after[index]?.image, before[index]?.image));
    const ours = sources.filter((_source, index) => !isDeepStrictEqual(after[index]?.ours, before[index]?.ours));
    expect(before.every(({ image }) => image !== undefined && image.length > 0)).toBe(true);
    expect(ours).toEqual(expect.arrayContaining(changed));
    // BuildKit sends nothing of the context's own folder.
    expect(ours.length > 0).toBe(name !== 'of the permissions of the context');
    expect(changed.length > 0).toBe(name !== 'of the permissions of the context');
  });

  it('of what a bind mount shows changes a digest', async () => {
    write('real/a', 'real/b', 'dir -> real');
    await cp(join(shell, 'sh'), join(folder, 'sh'));
    const lines =
      'COPY sh /bin/sh\nRUN --mount=type=bind,source=dir,target=/in for file in /in/*; do echo $file; done > /list';
    const list = async () => {
      const image = await build(lines);
      return Buffer.from(image?.find((line) => line.includes(' list '))?.split(' ')[2] ?? '', 'base64').toString();
    };
    expect(await list()).toBe('/in/a\n/in/b\n');
    expect((await take(copy('dir', { wildcards: false }))).map(({ path }) => path)).toEqual([
      'dir',
      'real',
      'real/a',
      'real/b',
    ]);
  });
});
