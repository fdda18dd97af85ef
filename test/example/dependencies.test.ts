import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { loadDockerfile } from '../../src/dockerfile/load-dockerfile.ts';
import { EXAMPLE, SERVICES } from './services.ts';

const FILE = `${EXAMPLE}resource.docker/dockerfile/axion.dockerfile`;
const PROGRAM = ['compile.py', 'plan.py', 'cython_build.py', 'cache.py', 'check_imports.py', 'toolchain.txt'];

describe.each(SERVICES)('the image of $target', ({ name, target, tier }) => {
  it('depends on its own source, the core and its tier, and on no other service', async () => {
    const graph = await loadDockerfile(FILE, { buildArgs: () => undefined });
    const stage = graph.find(target);
    if (stage === undefined) throw new Error(`no stage ${target}`);
    const sources = graph
      .withDependencies(stage)
      .flatMap(({ contextSources }) => contextSources.map(({ path }) => path));
    expect([...new Set(sources)].sort()).toEqual(
      [
        'packages',
        `requirements/${tier}.txt`,
        ...PROGRAM.map((file) => `resource.docker/compile/${file}`),
        'src/meridian/__init__.py',
        'src/meridian/core',
        `src/meridian/${name}`,
      ].sort(),
    );
  });

  it('declares what differs in each commit where only metadata follows', async () => {
    const text = await readFile(FILE, 'utf8');
    const stage =
      text.slice(text.indexOf(`\nFROM runtime-${tier} AS ${target}\n`) + 1).split(/\n(?=FROM |#)/, 1)[0] ?? '';
    const [before = '', after = ''] = stage.split('\nARG PACKAGE=', 2);
    expect(before).not.toMatch(/VERSION|REVISION/);
    expect(after.match(/^[A-Z]+(?= )/gm)).toEqual(['ARG', 'ARG', 'LABEL']);
  });
});
