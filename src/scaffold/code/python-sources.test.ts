import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { groupIntoTiers } from '../requirement-tiers.ts';
import { findRequirements, isProjectPath, readRequirements, requirementsOf } from '../requirements.ts';
import { importedModules } from './python-imports.ts';
import { readPythonSources } from './python-sources.ts';

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function project(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'objdocker-scaffold-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

async function sourcesOf(files: Readonly<Record<string, string>>, folder: string) {
  const sources = await readPythonSources(await project(files), folder);
  if (sources === undefined) throw new Error('no sources');
  return sources;
}

describe('importedModules', () => {
  it.each([
    ['import a.b as c, d  # e', ['a.b', 'd']],
    ['    from a import b, (c as d)', ['a', 'a.b', 'a.c']],
    ['from . import api', ['shop.web', 'shop.web.api']],
    ['from ..core.rates import RATE', ['shop.core.rates', 'shop.core.rates.RATE']],
    ['from ...... import x', ['x']],
    ['text = "import os"', []],
  ])('reads %j', (text, modules) => {
    expect([...importedModules({ path: 'shop/web/pages.py', text })]).toEqual(modules);
  });
});

describe('readPythonSources', () => {
  it('finds packages with a __main__.py, and ignores tests, virtual environments and builds in a project folder', async () => {
    const sources = await sourcesOf(
      {
        'shop/__init__.py': '',
        'shop/api/__main__.py': '',
        'shop/not-a-package/__main__.py': '',
        'tally.py': '',
        'a b\nRUN x/y.py': '',
        'setup.py': '',
        'tests/run/__main__.py': '',
        'my-env/pyvenv.cfg': '',
        'my-env/lib/pip/__main__.py': '',
        '.hidden/__main__.py': '',
        'packages/rates/rates/__main__.py': '',
      },
      '.',
    );
    expect(sources.entries).toEqual(['shop', 'tally.py']);
    expect(sources.entryPoints.map(({ target }) => target)).toEqual(['shop.api']);
  });

  it('returns undefined for a folder without Python', async () => {
    expect(await readPythonSources(await project({ 'src/main.go': '' }), 'src')).toBeUndefined();
    expect(await readPythonSources(await project({}), 'src')).toBeUndefined();
  });
});

describe('groupIntoTiers', () => {
  const service = (name: string, module: string) => {
    const file = `${module.replaceAll('.', '/')}/__main__.py`;
    return { name, entry: { kind: 'package' as const, target: module, module, file }, requirements: undefined };
  };

  it('shares a package that another service imports or that contains another service', async () => {
    const sources = await sourcesOf(
      {
        'src/shop/__main__.py': 'from shop.core import x',
        'src/shop/core/__init__.py': '',
        'src/shop/api/__main__.py': 'import shop.api.models',
        'src/shop/api/models.py': '',
        'src/shop/worker/__main__.py': 'from shop.api import models',
      },
      'src',
    );
    const services = [service('shop', 'shop'), service('shop-api', 'shop.api'), service('shop-worker', 'shop.worker')];
    const [tier, ...more] = groupIntoTiers(services, sources);
    expect(more).toEqual([]);
    expect(tier?.services.map(({ own }) => own)).toEqual(['shop/__main__.py', 'shop/api/__main__.py', 'shop/worker']);
  });

  it('gives each requirements file a tier with a unique name', async () => {
    const sources = await sourcesOf({ 'src/a/__main__.py': '' }, 'src');
    const file = (path: string) => ({ path, files: [path], localPaths: [], names: [], problems: [] });
    const paths = ['requirements.txt', 'requirements/Web_UI.txt', 'src/web-ui/requirements.txt', 'requirements.txt'];
    const services = paths.map((path, index) => ({ ...service(`s${index}`, `m${index}`), requirements: file(path) }));
    const tiers = groupIntoTiers([...services, service('plain', 'p')], sources);
    expect(tiers.map(({ name, services: members }) => [name, members.map((member) => member.name)])).toEqual([
      ['app', ['s0', 's3']],
      ['web-ui', ['s1']],
      ['web-ui-2', ['s2']],
      ['plain', ['plain']],
    ]);
  });
});

describe('requirements', () => {
  it('are found for services, not for development', async () => {
    const folder = await project({
      'requirements.txt': '',
      'requirements-dev.txt': '',
      'requirements/web.txt': '',
      'requirements/test.txt': '',
      'requirements/a\nRUN x.txt': '',
      'src/shop/api/requirements.txt': '',
    });
    const found = await findRequirements(folder, ['src/shop/api']);
    expect(found).toEqual(['requirements.txt', 'requirements/web.txt', 'src/shop/api/requirements.txt']);
    expect(requirementsOf({ name: 'shop-api', folder: 'src/shop/api' }, found)?.path).toBe(found[2]);
    expect(requirementsOf({ name: 'shop-web', folder: 'src/shop/web' }, found)?.path).toBe(found[1]);
    expect(requirementsOf({ name: 'other', folder: 'src/other' }, found)?.path).toBe(found[0]);
    expect(requirementsOf({ name: 'other', folder: 'src/other' }, ['requirements/a.txt', 'requirements/b.txt'])).toBe(
      undefined,
    );
    expect(requirementsOf({ name: 'other', folder: 'src/other' }, [])).toEqual({ path: undefined });
  });

  it('have included files, and problems with lines that do not work in a build', async () => {
    const folder = await project({
      'requirements/web.txt': '-r base.txt\n--constraint=../pins.txt\nflask\n-e .\n-r ../../outside.txt\n-c gone.txt\n',
      'requirements/base.txt': '-r web.txt\n',
      'pins.txt': 'flask==3\n',
    });
    const { files, problems } = await readRequirements(folder, 'requirements/web.txt');
    expect(files).toEqual(['requirements/web.txt', 'requirements/base.txt', 'pins.txt']);
    expect(problems).toEqual([
      expect.stringContaining('"-e ."'),
      expect.stringContaining('../../outside.txt, which is not in the build context'),
      expect.stringContaining('gone.txt, which cannot be read'),
    ]);
  });

  it('have local projects and wheels, which are copied, or a problem that says what to write instead', async () => {
    const lines = [
      'flask',
      'x',
      '-r base.txt  # shared',
      '--find-links ./wheels',
      '-f wheels2',
      'mylib @ file:///srv/libs/mylib',
      'otherlib @ file:libs/other',
      'wheels/thing-1.0-py3-none-any.whl',
      'libs/local[fast]',
      'requests==2.31 \\',
      '    --hash=sha256:abc',
      "-r 'quoted.txt'",
      '-c${CONSTRAINTS}',
      '-r https://example.com/r.txt',
      'git+https://example.com/x/y.git#egg=y',
      '-e ./libs/local',
      '.[prod]',
      './gone',
    ];
    const folder = await project({
      'requirements.txt': lines.join('\r\n'),
      'quoted.txt': 'Gunicorn[gevent] ; python_version > "3"\n',
      'wheels/thing-1.0-py3-none-any.whl': '',
      'wheels2/x.whl': '',
      'libs/other/pyproject.toml': '',
      'libs/local/pyproject.toml': '',
    });
    // PowerShell's redirection writes UTF-16 with a byte order mark, and pip reads it.
    await writeFile(join(folder, 'base.txt'), Buffer.from('\ufeff-r more.txt\nuvicorn\n', 'utf16le'));
    await writeFile(join(folder, 'more.txt'), '\ufeffjinja2\n');
    const { files, localPaths, names, problems } = await readRequirements(folder, 'requirements.txt');
    expect(files).toEqual(['requirements.txt', 'base.txt', 'more.txt', 'quoted.txt']);
    expect(localPaths).toEqual(['wheels', 'wheels2', 'libs/other', 'wheels/thing-1.0-py3-none-any.whl', 'libs/local']);
    expect(names).toEqual(['flask', 'x', 'jinja2', 'uvicorn', 'requests', 'gunicorn[gevent]']);
    expect(problems).toEqual([
      expect.stringMatching(/"mylib @ file:\/\/\/srv\/libs\/mylib", which is not in the build context: copy it/),
      expect.stringContaining('"-c${CONSTRAINTS}", and CONSTRAINTS is not set in the build'),
      expect.stringContaining(
        '"-e ./libs/local", and an editable install is not in the image: write ./libs/local instead',
      ),
      expect.stringContaining('".[prod]", which is the project itself: remove the line'),
      expect.stringContaining('"./gone", and there is no gone'),
    ]);
  });

  it.each(['../x', 'a/../b', '/etc/passwd', '-x', 'a b', 'a$b', 'a\nb', 'a//b', ''])('cannot be at %j', (path) => {
    expect(isProjectPath(path)).toBe(false);
  });
});
