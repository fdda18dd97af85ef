import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listSharedCode } from './shared-code.ts';

let project: string;

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'shared-code-'));
});

afterEach(() => rm(project, { recursive: true }));

async function write(...files: readonly string[]): Promise<void> {
  for (const file of files) {
    await mkdir(dirname(join(project, file)), { recursive: true });
    await writeFile(join(project, file), '');
  }
}

const inSrc = (own: readonly string[]) => listSharedCode(project, { folder: 'src', entries: [] }, own);

describe('the shared code', () => {
  it('is the whole source folder when no service has a part of its own', async () => {
    await write('src/shop/api.py');
    expect(await inSrc([])).toEqual([{ from: ['.'], to: '.' }]);
  });

  it('is everything beside the own packages of the services', async () => {
    await write('src/shop/__init__.py', 'src/shop/core/a.py', 'src/shop/api/a.py', 'src/shop/worker/a.py');
    await write('src/other.py', 'src/shop/py.typed', 'src/shop/.hidden', 'src/shop.egg-info/PKG-INFO');
    expect(await inSrc(['shop/api', 'shop/worker'])).toEqual([
      { from: ['*.py'], to: '' },
      { from: ['shop/*.py', 'shop/py.typed'], to: 'shop/' },
      { from: ['shop/core'], to: 'shop/core' },
    ]);
  });

  it('names modules one by one beside the own file of a service', async () => {
    await write('src/shop/__init__.py', 'src/shop/__main__.py', 'src/shop/main.py', 'src/shop/api/a.py');
    expect(await inSrc(['shop/__main__.py', 'shop/api'])).toEqual([
      { from: ['shop/__init__.py', 'shop/main.py'], to: 'shop/' },
    ]);
  });

  it('takes only what belongs to an image from the project folder', async () => {
    await write('app.py', 'job.py', 'helpers.py', 'test_app.py', 'README.md', 'templates/a.html');
    const entries = ['app.py', 'helpers.py', 'job.py', 'templates'];
    expect(await listSharedCode(project, { folder: '.', entries }, ['app.py', 'job.py'])).toEqual([
      { from: ['helpers.py'], to: '' },
      { from: ['templates'], to: 'templates' },
    ]);
    expect(await listSharedCode(project, { folder: '.', entries }, [])).toEqual([
      { from: ['app.py', 'helpers.py', 'job.py'], to: '' },
      { from: ['templates'], to: 'templates' },
    ]);
  });

  it('is nothing when each service has all of its code', async () => {
    await write('src/api/a.py', 'src/worker/a.py', 'src/__pycache__/a.pyc', 'src/empty/__pycache__/b.pyc');
    expect(await inSrc(['api', 'worker'])).toEqual([]);
  });
});
