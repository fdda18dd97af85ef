import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unmatchedPatterns } from './unmatched-patterns.ts';

let context: string;

beforeAll(async () => {
  context = await mkdtemp(join(tmpdir(), 'compile-patterns-'));
  for (const path of ['src/shop/__init__.py', 'src/shop/core/prices.py', 'src/shop/api/app.py', 'src/data.csv']) {
    await mkdir(dirname(join(context, path)), { recursive: true });
    await writeFile(join(context, path), '');
  }
});

afterAll(() => rm(context, { recursive: true }));

const copy = (path: string) => ({ path });
const COPIES = ['src/shop/*.py', 'src/shop/core', 'src/shop/api/app.py', 'missing'].map(copy);
const messages = async (exclude: readonly string[], copies = COPIES) =>
  (await unmatchedPatterns({ include: [], exclude }, context, copies)).map(({ message }) => message);

describe('a pattern of deployment.compile', () => {
  it.each(['shop/core/prices.py', 'shop/api/**', '**/app.py', 'shop/*/app.py', 'shop/core/price?.py', './shop/**'])(
    'that matches a module in some stage is fine: %s',
    async (pattern) => expect(await messages([pattern])).toEqual([]),
  );

  it('that matches no module in any stage is a warning with a suggestion', async () => {
    expect(await messages(['shop/core/price.py', 'shop/apo/**', 'shop/core', 'shop/*.csv'])).toEqual([
      'deployment.compile.exclude: "shop/core/price.py" matches no Python module that the Dockerfile copies (did you mean "shop/core/prices.py"?)',
      'deployment.compile.exclude: "shop/apo/**" matches no Python module that the Dockerfile copies (did you mean "shop/api/**"?)',
      expect.stringContaining('"shop/core" matches no Python module'),
      expect.stringContaining('"shop/*.csv" matches no Python module'),
    ]);
    const [warning] = await unmatchedPatterns({ include: ['zzz'], exclude: [] }, context, COPIES);
    expect(warning?.message).toBe(
      'deployment.compile.include: "zzz" matches no Python module that the Dockerfile copies',
    );
  });

  it('is not checked when the sources are not in the context', async () => {
    expect(await messages(['zzz'], [copy('requirements.txt')])).toEqual([]);
  });
});
