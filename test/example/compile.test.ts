import { randomUUID } from 'node:crypto';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { docker } from '../harness/sandbox.ts';
import { isLongTest } from '../random.ts';
import { buildExample, copyExample, runWithFiles } from './build-example.ts';
import { EXAMPLE } from './services.ts';

const SPEED = fileURLToPath(new URL('speed.py', import.meta.url));
const api = { targets: ['meridian-api'] };
/** Compiles only the modules of the test. */
const FEW = { include: ['meridian/api/**'] };

describe('a build fails', () => {
  it('with the name of a module that does not compile, and the message of Cython', async () => {
    await using example = await copyExample();
    await appendFile(join(example.directory, 'src/meridian/api/app.py'), '\ndef broken(:\n    pass\n');
    const { code, log } = await buildExample({ ...example, ...api, compile: FEW });
    expect(code).not.toBe(0);
    expect(log).toMatch(/compile: the module meridian\.api\.app does not compile: meridian\/api\/app\.py:\d+:\d+: \w+/);
    expect(log).toContain('def broken(:');
  });

  it('with the name of a module that compiles and does not import', async () => {
    await using example = await copyExample();
    // Unlike any earlier run's: this step does not fail, so the build cache would keep it.
    const line = `from axion_daycount import roll  # ${randomUUID()}`;
    await appendFile(join(example.directory, 'src/meridian/api/app.py'), `\n${line}\n`);
    const { code, log } = await buildExample({ ...example, ...api, compile: FEW });
    expect(code).not.toBe(0);
    expect(log).toContain('compile: compiled meridian.api.app');
    expect(log).toContain(
      "check-imports: the module meridian.api.app does not import: ModuleNotFoundError: No module named 'axion_daycount'",
    );
  });

  it('with the name of an entry point that has a syntax error, or a mistyped import', async () => {
    await using broken = await copyExample();
    await appendFile(join(broken.directory, 'src/meridian/api/__main__.py'), '\ndef broken(:\n    pass\n');
    const syntax = await buildExample({ ...broken, ...api, compile: FEW });
    expect(syntax.code).not.toBe(0);
    expect(syntax.log).toMatch(/compile: meridian\/api\/__main__\.py is not valid Python: line \d+: \w+/);

    await using mistyped = await copyExample();
    await appendFile(
      join(mistyped.directory, 'src/meridian/api/__main__.py'),
      `\nfrom .app import mian  # ${randomUUID()}\n`,
    );
    const imports = await buildExample({ ...mistyped, ...api, compile: FEW });
    expect(imports.code).not.toBe(0);
    expect(imports.log).toMatch(
      /check-imports: the module meridian\.api\.__main__ does not import: line \d+: ImportError: cannot import name 'mian'/,
    );
  });

  it.each([
    [{ COMPILE_EXCLUDE: '["meridian/api/ap.py"]' }, "did you mean 'meridian/api/app.py'?"],
    [{ COMPILE_INCLUDE: '["meridian/core/bok.py"]' }, "did you mean 'meridian/core/book.py'?"],
    [{ COMPILE_INCLUDE: 'meridian/**' }, 'COMPILE_INCLUDE is not JSON'],
    [{ COMPILE_JOBS: 'all' }, "COMPILE_JOBS must be a whole number from 1, not 'all'"],
    [{ COMPILE_DIRECTIVES: '{"boundchecks": false}' }, "knows no directive 'boundchecks'; did you mean 'boundscheck'?"],
    [{ COMPILE_DIRECTIVES: '{"boundscheck": "maybe"}' }, 'COMPILE_DIRECTIVES: boundscheck'],
  ])('on %o', async (args, message) => {
    const { code, log } = await buildExample({ ...api, args });
    expect(code).not.toBe(0);
    expect(log).toContain(message);
  });
});

describe('a build', () => {
  it('keeps excluded modules as source, and data files in place', async () => {
    const compile = {
      include: ['meridian/core/*.py'],
      exclude: ['**/query.py'],
      jobs: 1,
      directives: { boundscheck: false, language_level: 3 },
    };
    await using build = await buildExample({ ...api, compile });
    expect(build.code, build.log).toBe(0);
    const list = [
      'run',
      '--rm',
      '--label',
      'objdocker.test=example',
      build.image('meridian-api'),
      'find',
      '/app',
      '-type',
      'f',
    ];
    const files = (await docker(list)).split('\n').map((file) => file.replace(/\.cpython-[^/]+\.so$/, '.so'));
    expect(files.sort()).toEqual([
      '/app/meridian/__init__.py',
      '/app/meridian/api/__init__.py',
      '/app/meridian/api/__main__.py',
      '/app/meridian/api/app.py',
      '/app/meridian/core/__init__.py',
      '/app/meridian/core/amortisation.so',
      '/app/meridian/core/book.csv',
      '/app/meridian/core/book.so',
      '/app/meridian/core/query.py',
      '/app/meridian/core/valuation.so',
    ]);
  });

  it('makes the valuation use less CPU time, with the same result', async () => {
    await using build = await buildExample({ targets: ['meridian-worker'] });
    expect(build.code, build.log).toBe(0);
    const { code, output } = await runWithFiles(
      build.image('meridian-worker'),
      { [SPEED]: '/tmp/speed.py', [`${EXAMPLE}src`]: '/tmp/src' },
      ['sh', '-c', 'python /tmp/speed.py && PYTHONPATH=/tmp/src python /tmp/speed.py'],
    );
    expect(code, output).toBe(0);
    const [compiled, source] = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { file: string; seconds: number; result: unknown });
    expect(compiled?.file).toMatch(/^\/app\/.+\.so$/);
    expect(source?.file).toBe('/tmp/src/meridian/core/valuation.py');
    expect(compiled?.result).toEqual(source?.result);
    const ratio = (source?.seconds ?? 0) / (compiled?.seconds ?? 1);
    console.log(
      `valuation: ${source?.seconds.toFixed(3)} s from source, ${compiled?.seconds.toFixed(3)} s compiled, ${ratio.toFixed(1)} x`,
    );
    expect(ratio).toBeGreaterThan(1.2);
  });

  it.runIf(isLongTest)(
    'passes the unit tests of the compile step, with the Cython of the builder (--long)',
    async () => {
      const { code, output } = await runWithFiles(
        'localhost/python:3.11-bookworm',
        { [`${EXAMPLE}resource.docker/compile`]: '/tmp/compile' },
        ['python3', '-B', '-m', 'unittest', 'discover', '--verbose', '--start-directory', '/tmp/compile/tests'],
      );
      expect(output).toMatch(/test_only_changed_modules_are_compiled .* ok$/m);
      expect(code, output).toBe(0);
    },
    600_000,
  );
});

it('has only files in the context that the build reads', async () => {
  await using example = await copyExample();
  await writeFile(join(example.directory, 'secret.txt'), 'a secret');
  const dockerfile =
    'FROM localhost/python:3.11-slim-bookworm\nCOPY . /context\nRUN find /context -type f >/files && cat /files\n';
  await writeFile(join(example.directory, 'probe.dockerfile'), dockerfile);
  const tag = `objdocker-test/context:${Date.now()}`;
  await docker([
    'build',
    '--quiet',
    '--label',
    'objdocker.test=example',
    '-f',
    join(example.directory, 'probe.dockerfile'),
    '-t',
    tag,
    example.directory,
  ]);
  try {
    const files = (await docker(['run', '--rm', '--label', 'objdocker.test=example', tag, 'cat', '/files'])).split(
      '\n',
    );
    expect(files.length).toBeGreaterThan(30);
    for (const file of files)
      expect(file).toMatch(/^\/context\/(packages|requirements|src|resource\.docker\/compile)\//);
    expect(files.filter((file) => /secret|config|\.pyc$|compile\/tests/.test(file))).toEqual([]);
  } finally {
    await docker(['image', 'rm', '--force', tag]);
  }
});
