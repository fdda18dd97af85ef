import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { beforeAll, expect, it } from 'vitest';
import { createProject } from '../harness/project.ts';
import { isLongTest } from '../random.ts';
import { runWithOutput } from './build-example.ts';
import { EXAMPLE } from './services.ts';

/** `e_machine` of an ELF file: x86-64 and AArch64. */
const MACHINES = { linux_amd64: 62, linux_arm64: 183 };

beforeAll(() => {
  if (!isLongTest) return;
  execFileSync('script/sandbox', ['binfmt', 'up'], { stdio: 'ignore' });
  execFileSync('script/sandbox', ['python-base'], { stdio: 'ignore' });
}, 600_000);

// An emulated compiler takes minutes.
it.runIf(isLongTest)(
  'two platforms share a cache, and each gets its own libraries (--long)',
  async () => {
    const id = `objdocker-test-${randomUUID()}`;
    await using project = await createProject({
      Dockerfile: `FROM localhost/python:3.11-bookworm-two-platforms AS compile
COPY --from=program compile.py plan.py cython_build.py cache.py /compile/
COPY shop /src/shop
RUN --mount=type=cache,id=${id},target=/cache python3 -B /compile/compile.py --cache /cache /src /out
FROM scratch
COPY --from=compile /out /
`,
      'shop/__init__.py': '',
      // The name of the cache is no part of the build cache's key, so each run needs sources of its own.
      'shop/prices.py': `def price():\n    return "${id}"\n`,
      'shop/orders.py': `def order():\n    return "${id}"\n`,
    });
    const build = async () => {
      const program = `program=${EXAMPLE}resource.docker/compile`;
      const out = project.path('out');
      const options = ['--platform', 'linux/amd64,linux/arm64', '--progress', 'plain', '--build-context', program];
      const { code, output } = await runWithOutput([
        'buildx',
        'build',
        ...options,
        '--output',
        `type=local,dest=${out}`,
        project.directory,
      ]);
      expect(code, output).toBe(0);
      for (const [platform, machine] of Object.entries(MACHINES)) {
        const names = await readdir(`${out}/${platform}/shop`);
        const libraries = names.filter((name) => name.endsWith('.so'));
        expect(libraries).toHaveLength(2);
        for (const library of libraries) {
          const header = await readFile(`${out}/${platform}/shop/${library}`);
          expect(header.readUInt16LE(18), `${platform} ${library}`).toBe(machine);
        }
      }
      return [...output.matchAll(/compile: (\d+ of \d+) modules compiled .* (\d+) from the cache/g)].map((match) =>
        match.slice(1),
      );
    };
    expect(await build()).toEqual([
      ['2 of 2', '0'],
      ['2 of 2', '0'],
    ]);
    await writeFile(project.path('shop/orders.py'), `def order():\n    return "${id} changed"\n`);
    expect(await build()).toEqual([
      ['1 of 2', '1'],
      ['1 of 2', '1'],
    ]);
  },
  900_000,
);
