import { chmod, link, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { baseImage, type InputsSetup, inputsOf } from './image-inputs.fixture.ts';

const FILE = [
  ...['FROM python:3 AS app', 'ARG FEATURES', 'COPY src /app', 'RUN --mount=type=secret,id=pip make'],
  ...['ARG REVISION', 'LABEL revision=$REVISION'],
];
const PROJECT: InputsSetup = {
  dockerfile: FILE,
  files: { 'src/a.py': 'a', 'src/b.py': 'b', other: 'x' },
  args: { FEATURES: 'all', REVISION: 'abc' },
};

async function changedParts(one: InputsSetup, other: InputsSetup): Promise<string[]> {
  const [{ digest: first, ...before }, { digest: second, ...after }] = [await inputsOf(one), await inputsOf(other)];
  const found: string[] = [];
  for (const part of ['platforms', 'stages', 'arguments', 'images', 'files', 'secrets'] as const)
    if (JSON.stringify(before[part]) !== JSON.stringify(after[part])) found.push(part);
  // The digest is over the parts, and the syntax.
  expect(first === second).toBe(found.length === 0);
  return found;
}

describe('the digest', () => {
  it('is the same for the same project in another folder, at another time', async () => {
    const touched: InputsSetup = {
      ...PROJECT,
      prepare: (project) => utimes(project.path('context/src/a.py'), 1, 1),
    };
    const [one, other] = [await inputsOf(PROJECT), await inputsOf(touched)];
    expect(other).toEqual(one);
    expect(one.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(one.unknown).toEqual([]);
    expect(Object.keys(one.files)).toEqual(['src', 'src/a.py', 'src/b.py']);
    expect(one.takenBy.get('src/a.py')).toBe('COPY, line 3');
  });

  it('has no value of an argument, and no secret', async () => {
    const secrets = { pip: { env: 'PIP_TOKEN', version: 'version-7' } };
    const inputs = await inputsOf({ ...PROJECT, args: { FEATURES: 'very-special' }, secrets });
    expect(JSON.stringify(inputs)).not.toMatch(/very-special|version-7|PIP_TOKEN/);
  });

  it('does not depend on the order of platforms or arguments', async () => {
    const args = { REVISION: 'abc', FEATURES: 'all' };
    expect(await changedParts(PROJECT, { ...PROJECT, args })).toEqual([]);
    const both = { ...PROJECT, platforms: ['linux/amd64', 'linux/arm64'] };
    expect(await changedParts(both, { ...both, platforms: ['linux/arm64', 'linux/amd64'] })).toEqual([]);
  });

  it.each<[string, Partial<InputsSetup>, string[]]>([
    ['an instruction', { dockerfile: FILE.map((line) => line.replace('make', 'make all')) }, ['stages']],
    ['a comment', { dockerfile: ['# why', ...FILE] }, []],
    ['an argument', { args: { FEATURES: 'none', REVISION: 'abc' } }, ['arguments']],
    ['an argument of a label', { args: { FEATURES: 'all', REVISION: 'def' } }, []],
    ['a base image', { bases: { 'python:3': baseImage('newer') } }, ['images']],
    ['a file that is taken', { files: { ...PROJECT.files, 'src/a.py': 'A' } }, ['files']],
    ['a new file', { files: { ...PROJECT.files, 'src/c.py': '' } }, ['files']],
    ['a file that is not taken', { files: { ...PROJECT.files, other: 'y' } }, []],
    ['what the ignore file keeps out', { files: { ...PROJECT.files, '.dockerignore': 'src/b.py' } }, ['files']],
    ['a mode', { prepare: (project) => chmod(project.path('context/src/a.py'), 0o755) }, ['files']],
    ['a platform', { platforms: ['linux/arm64'] }, ['platforms']],
    ['a version of a secret', { secrets: { pip: { env: 'X', version: '2' } } }, ['secrets']],
    ['where a secret is from', { secrets: { pip: { file: '/run/token' } } }, []],
    ['a secret that is not used', { secrets: { npm: { env: 'X', version: '2' } } }, []],
    ['another secret', { dockerfile: FILE.map((line) => line.replace('id=pip', 'id=npm')) }, ['stages', 'secrets']],
    ['an SSH agent', { dockerfile: FILE.map((line) => line.replace('secret,id=pip', 'ssh')) }, ['stages', 'secrets']],
  ])('and its parts tell %s', async (_, change, parts) => {
    expect(await changedParts(PROJECT, { ...PROJECT, ...change })).toEqual(parts);
  });

  it('depends on what a symlink points to by name', async () => {
    const link = (target: string): InputsSetup => ({
      ...PROJECT,
      prepare: async (project) => {
        await rm(project.path('context/src/b.py'));
        await symlink(target, project.path('context/src/b.py'));
      },
    });
    expect(await changedParts(link('a.py'), link('./a.py'))).toEqual(['files']);
  });

  it('depends on the frontend that reads the file', async () => {
    const digestWith = async (line: string) => (await inputsOf({ ...PROJECT, dockerfile: [line, ...FILE] })).digest;
    const [one, other] = [
      await digestWith('# syntax=docker/dockerfile:1'),
      await digestWith('# syntax=docker/dockerfile:1.7'),
    ];
    expect(one).not.toBe(other);
  });

  it('knows two stages of one name, and stages without one', async () => {
    const dockerfile = ['FROM a AS x', 'RUN 1', 'FROM x AS x', 'RUN 2', 'FROM x', 'RUN 3'];
    const inputs = await inputsOf({ dockerfile });
    expect(Object.keys(inputs.stages)).toEqual(['x', '#1', '#2']);
  });
});

describe('arguments', () => {
  const names = async (setup: InputsSetup) => Object.keys((await inputsOf(setup)).arguments).sort();

  it('count in BUILDKIT_ ones, and not in proxies that no stage declares', async () => {
    const args = { BUILDKIT_INLINE_CACHE: '1', HTTP_PROXY: 'http://proxy', no_proxy: 'x', UNKNOWN: '1' };
    expect(await names({ dockerfile: ['FROM a', 'RUN x'], args })).toEqual(['BUILDKIT_INLINE_CACHE']);
    expect(await names({ dockerfile: ['FROM a', 'ARG HTTP_PROXY', 'RUN x'], args })).toContain('HTTP_PROXY');
  });

  it('count in SOURCE_DATE_EPOCH only where a stage of the image declares it', async () => {
    const args = { SOURCE_DATE_EPOCH: '1700000000' };
    expect(await names({ dockerfile: ['FROM a', 'RUN x'], args })).toEqual([]);
    expect(await names({ dockerfile: ['FROM a', 'ARG SOURCE_DATE_EPOCH', 'RUN x'], args })).toEqual([
      'SOURCE_DATE_EPOCH',
    ]);
    const other = ['FROM a AS app', 'RUN x', 'FROM a AS other', 'ARG SOURCE_DATE_EPOCH', 'RUN x'];
    expect(await names({ dockerfile: other, target: 'app', args })).toEqual([]);
  });

  it('count although only metadata uses them when image.rebuildFor lists them', async () => {
    const dockerfile = ['FROM a', 'ARG VERSION', 'ARG KIND=x', 'LABEL v=$VERSION k=$KIND'];
    const rebuildFor = ['VERSION', 'KIND', 'NOT_DECLARED'];
    const setup = (version: string, kind = 'x'): InputsSetup => ({
      dockerfile: dockerfile.map((line) => line.replace('KIND=x', `KIND=${kind}`)),
      args: { VERSION: version },
      rebuildFor,
    });
    expect(await names(setup('1'))).toEqual(['KIND', 'VERSION']);
    expect(await changedParts(setup('1'), setup('2'))).toEqual(['arguments']);
    expect(await changedParts(setup('1'), setup('1', 'y'))).toEqual(['arguments']);
    expect(await names({ ...setup('1'), rebuildFor: [] })).toEqual([]);
  });

  it('tell the values that instructions of one stage see', async () => {
    const values = (...all: string[]): InputsSetup => ({
      dockerfile: ['FROM a', ...all.flatMap((value) => [`ARG X=${value}`, 'RUN x'])],
    });
    expect(await changedParts(values('v', 'w', 'v'), values('v', 'w', 'w'))).toEqual(['stages']);
    expect(await changedParts(values('v', 'w'), values('w', 'v'))).toEqual(['arguments']);
  });

  it('tell the values that stages see', async () => {
    const values = (one: string, other: string): InputsSetup => ({
      dockerfile: [
        ...['FROM a AS one', `ARG X=${one}`, 'RUN x', 'FROM a AS other', `ARG X=${other}`, 'RUN x'],
        ...['COPY --from=one /x /'],
      ],
    });
    expect(await changedParts(values('v', 'w'), values('w', 'v'))).toEqual(['arguments']);
    expect(await changedParts(values('v', 'w'), values('v', 'v'))).toEqual(['arguments']);
  });

  it('are the same when one more stage sees the same value', async () => {
    const dockerfile = ['FROM a AS one', 'ARG X=v', 'RUN x', 'FROM a AS other', 'RUN x', 'COPY --from=one /x /'];
    const more = dockerfile.flatMap((line) => (line === 'FROM a AS other' ? [line, 'ARG X=v'] : line));
    expect(await changedParts({ dockerfile }, { dockerfile: more })).toEqual(['stages']);
  });
});

describe('the context', () => {
  it('names all that take a path', async () => {
    const dockerfile = ['FROM a', 'COPY src /x', 'COPY src/a.py /y', 'RUN --mount=source=src,target=/z make'];
    const inputs = await inputsOf({ ...PROJECT, dockerfile });
    expect(inputs.takenBy.get('src/a.py')).toBe('COPY, line 2, COPY, line 3 and RUN, line 4');
    expect(inputs.takenBy.get('src/b.py')).toBe('COPY, line 2 and RUN, line 4');
  });

  it('tells a hard link from a copy, whatever other instructions take', async () => {
    const dockerfile = ['FROM a', 'COPY src /x', 'COPY src/b.py /y'];
    const setup = (isLink: boolean): InputsSetup => ({
      dockerfile,
      files: { 'src/a.py': 'same' },
      prepare: async (project) => {
        const paths = ['context/src/a.py', 'context/src/b.py'] as const;
        if (isLink) await link(project.path(paths[0]), project.path(paths[1]));
        else await writeFile(project.path(paths[1]), 'same');
      },
    });
    expect(await changedParts(setup(true), setup(false))).toEqual(['files']);
  });

  it('says what to do about a .git folder', async () => {
    const inputs = await inputsOf({ dockerfile: ['FROM a', 'COPY . /app'], files: { '.git/HEAD': 'x' } });
    expect(inputs.unknown).toEqual([]);
    expect(inputs.hints).toEqual([
      '.git is in the image (COPY, line 2), and differs in each clone: add .git to .dockerignore',
    ]);
  });

  it('is not known where an ignore file or a pattern cannot be read', async () => {
    const ignored = await inputsOf({ ...PROJECT, files: { ...PROJECT.files, '.dockerignore': 'a[' } });
    expect(ignored.unknown).toEqual([expect.stringMatching(/^Dockerfile\.dockerignore or \.dockerignore: /)]);
    const excluded = await inputsOf({ ...PROJECT, dockerfile: ['FROM a', 'COPY --exclude=a[ src /'] });
    expect(excluded.unknown).toEqual([expect.stringMatching(/^src: /)]);
  });
});

describe('base images', () => {
  const dockerfile = ['FROM python:3 AS base', 'RUN x', 'FROM base', 'COPY --from=busybox /x /', 'COPY src /'];

  it('are those that stages start from, and that instructions read from', async () => {
    const { images } = await inputsOf({ ...PROJECT, dockerfile });
    expect(Object.keys(images)).toEqual(['busybox', 'python:3']);
    const bases = { busybox: baseImage('newer') };
    expect(await changedParts({ ...PROJECT, dockerfile }, { ...PROJECT, dockerfile, bases })).toEqual(['images']);
  });

  it('that are not known make the image unknown', async () => {
    const { unknown, images } = await inputsOf({
      ...PROJECT,
      dockerfile,
      bases: { busybox: { unknown: 'no answer' } },
    });
    expect(unknown).toEqual(['no answer']);
    expect(Object.keys(images)).toEqual(['python:3']);
  });

  it('of each platform count', async () => {
    const perPlatform = ['ARG TARGETARCH', 'FROM base-$TARGETARCH', 'RUN x'];
    const platforms = ['linux/amd64', 'linux/arm64'];
    const { images } = await inputsOf({ dockerfile: perPlatform, platforms });
    expect(Object.keys(images)).toEqual(['base-amd64', 'base-arm64']);
    // Without platforms only the engine knows.
    const { unknown } = await inputsOf({ dockerfile: perPlatform, platforms: [] });
    expect(unknown).toEqual(['only the build knows which image FROM base-$TARGETARCH is']);
  });

  it.each([
    ['COPY . /app', true],
    ['ADD x /', true],
    ['ARG MODE', true],
    ['RUN --mount=type=bind,target=/src make', true],
    ['run --network=none \\\n --mount=target=/src make', true],
    ['RUN apt-get update', false],
    ['ENV A=1', false],
  ])('with ONBUILD %s', async (trigger, isUnknown) => {
    const onbuild = ['USER app', trigger];
    const bases = { 'python:3': baseImage('python', onbuild) };
    const { unknown } = await inputsOf({ ...PROJECT, dockerfile, bases });
    expect(unknown).toEqual(isUnknown ? [`the base image python:3 has ONBUILD ${trigger}`] : []);
    // A COPY from an image does not run its triggers.
    const copied = await inputsOf({ ...PROJECT, dockerfile, bases: { busybox: baseImage('busybox', onbuild) } });
    expect(copied.unknown).toEqual([]);
  });

  it('does not matter that are of other stages', async () => {
    const more = ['FROM other', 'RUN y', ...dockerfile];
    expect(Object.keys((await inputsOf({ ...PROJECT, dockerfile: more })).images)).toEqual(['busybox', 'python:3']);
  });
});

it('says on which line is what only the build knows', async () => {
  const { unknown } = await inputsOf({ dockerfile: ['FROM a', '', 'ADD https://example.com/x /'] });
  expect(unknown).toEqual(['ADD fetches https://example.com/x without --checksum (line 3)']);
});

it('knows nothing of a file that only its own frontend reads', async () => {
  const { unknown } = await inputsOf({ dockerfile: ['# syntax=example.com/own:1', 'FROM a', 'RUN x'] });
  expect(unknown).toEqual(['example.com/own:1 reads the Dockerfile, and only it knows what that takes']);
});
