import { randomInt } from 'node:crypto';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { packedFiles } from '../../script/check-docs.ts';
import { type CliResult, objdocker, ROOT } from '../harness/cli.ts';
import { runService } from '../harness/containers.ts';
import { until } from '../harness/processes.ts';
import { createProject, type Project } from '../harness/project.ts';
import { runJson } from '../harness/run-json.ts';
import { docker } from '../harness/sandbox.ts';
import { objdockerInTerminal } from '../harness/terminal.ts';

const REGISTRY = process.env.OBJDOCKER_SANDBOX_REGISTRY ?? '';
const BASE = process.env.OBJDOCKER_SANDBOX_BASE_IMAGE ?? '';
const RUNTIME = process.env.OBJDOCKER_SANDBOX_BASE_RUNTIME_IMAGE ?? '';
const PACKAGE = `init-${randomInt(1e9)}`;
const COMPILE = 'resource.docker/compile';
const MADE = [
  'config.yaml',
  'resource.docker/dockerfile/axion.dockerfile',
  `${COMPILE}/compile.py`,
  `${COMPILE}/plan.py`,
  `${COMPILE}/cython_build.py`,
  `${COMPILE}/cache.py`,
  `${COMPILE}/check_imports.py`,
  `${COMPILE}/toolchain.txt`,
  'resource.docker/runtime/healthcheck.py',
];

const SERVER = `import http.server
import os

from shop.core.greeting import greeting


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = greeting(NAME).encode()
        self.send_response(404 if self.path == "/sick" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    http.server.ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
`;

/** Two services. One of them needs a requirement package of the project itself. */
const SHOP: Readonly<Record<string, string>> = {
  'src/shop/__init__.py': '',
  'src/shop/core/__init__.py': '',
  'src/shop/core/greeting.py': 'def greeting(name):\n    return "hello from " + name\n',
  'src/shop/api/__init__.py': '',
  'src/shop/api/server.py': `NAME = "api"\n${SERVER}`,
  'src/shop/api/__main__.py': 'from shop.api.server import main\n\nmain()\n',
  'src/shop/worker/__init__.py': '',
  'src/shop/worker/server.py': `from shop_rates import RATE\nNAME = "worker at " + str(RATE)\n${SERVER}`,
  'src/shop/worker/__main__.py': 'from shop.worker import server\n\nserver.main()\n',
  'requirements/api.txt': '# nothing but Python\n',
  'requirements/base.txt': 'shop-rates==1.0\n',
  'requirements/worker.txt': '-r base.txt\n',
  'packages/shop-rates/pyproject.toml':
    '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n\n[project]\nname = "shop-rates"\nversion = "1.0"\n',
  'packages/shop-rates/shop_rates.py': 'RATE = 7\n',
  'tests/test_shop.py': 'assert False\n',
};

const FLAGS = ['--package', PACKAGE, '--type', 'registry', '--registry', REGISTRY];
const IMAGES = ['--base-image', BASE, '--base-runtime-image', RUNTIME];

const references: string[] = [];
const containers: string[] = [];

afterAll(async () => {
  if (containers.length > 0) await docker(['rm', '--force', '--volumes', ...containers]);
  if (references.length > 0) await docker(['rmi', '--force', ...references]);
});

async function filesOf({ directory }: Project): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(directory.length + 1))
    .sort();
}

async function madeIn(project: Project): Promise<string[]> {
  return (await filesOf(project)).filter((path) => !(path in SHOP));
}

function init(project: Project, args: readonly string[]): Promise<CliResult> {
  return objdocker(['init', ...args], { cwd: project.directory });
}

/** Runs an image until the end of the tests, and returns its response. */
async function ask(image: string): Promise<{ readonly id: string; readonly text: string }> {
  const running = await runService(image);
  containers.push(running.id);
  return running;
}

describe('a scaffolded project', () => {
  it('builds services that run unprivileged, become healthy, and contain only what they need', async () => {
    await using project = await createProject(SHOP);
    const { document } = await runJson('init', ['init', ...FLAGS, ...IMAGES, '--health-path', '/healthz'], {
      cwd: project.directory,
    });
    expect(document).toEqual({
      directory: project.directory,
      package: PACKAGE,
      files: [...MADE, '.dockerignore'],
      kept: [],
      services: [
        {
          name: 'shop-api',
          module: 'shop.api',
          command: ['python', '-m', 'shop.api'],
          requirements: 'requirements/api.txt',
        },
        {
          name: 'shop-worker',
          module: 'shop.worker',
          command: ['python', '-m', 'shop.worker'],
          requirements: 'requirements/worker.txt',
        },
      ],
      notes: [],
      assumed: expect.arrayContaining([expect.stringContaining('port: 8080')]),
    });
    expect(await madeIn(project)).toEqual([...MADE, '.dockerignore'].sort());

    const check = await objdocker(['config', 'check', '--strict'], { cwd: project.directory });
    expect(check).toMatchObject({ code: 0, stdout: expect.stringContaining('no problems') });

    const build = await objdocker(['--json', 'build'], { cwd: project.directory });
    expect(build.code, build.stderr).toBe(0);
    const { images } = JSON.parse(build.stdout) as { images: { reference: string }[] };
    references.push(...images.map(({ reference }) => reference));
    const api = `${REGISTRY}/shop-api-${PACKAGE}:latest`;
    const worker = `${REGISTRY}/shop-worker-${PACKAGE}:latest`;
    expect(references.sort()).toEqual([api, worker]);

    const running = await Promise.all([ask(api), ask(worker)]);
    expect(running.map(({ text }) => text)).toEqual(['hello from api', 'hello from worker at 7']);
    for (const { id } of running) {
      expect(await docker(['exec', id, 'id', '-u'])).toBe('10001');
      expect(await docker(['exec', id, 'python', '/opt/healthcheck.py'])).toBe('');
      const sick = docker(['exec', '--env', 'HEALTH_PATH=/sick', id, 'python', '/opt/healthcheck.py']);
      await expect(sick).rejects.toThrow('/sick responded with 404');
      const dead = docker(['exec', '--env', 'PORT=9', id, 'python', '/opt/healthcheck.py']);
      await expect(dead).rejects.toThrow('port 9: ConnectionRefusedError');
      const gone = docker(['exec', '--env', 'PORT=9', '--env', 'HEALTH_PATH=', id, 'python', '/opt/healthcheck.py']);
      await expect(gone).rejects.toThrow('port 9: ConnectionRefusedError');
    }
    const held = await docker(['exec', running[0]?.id ?? '', 'find', '/app', '-type', 'f']);
    expect(
      held
        .split('\n')
        .map((path) => path.replace(/\.cpython-[^/]+\.so$/, '.so'))
        .sort(),
    ).toEqual([
      '/app/shop/__init__.py',
      '/app/shop/api/__init__.py',
      '/app/shop/api/__main__.py',
      '/app/shop/api/server.so',
      '/app/shop/core/__init__.py',
      '/app/shop/core/greeting.so',
    ]);
    const labels = JSON.parse(await docker(['inspect', '--format', '{{json .Config.Labels}}', worker]));
    expect(labels).toMatchObject({
      'org.opencontainers.image.title': `shop-worker-${PACKAGE}`,
      'org.opencontainers.image.version': 'latest',
      'org.opencontainers.image.base.name': RUNTIME,
    });
  });

  it("writes the example's own compile step, which the npm package contains", async () => {
    await using project = await createProject(SHOP);
    expect(await init(project, FLAGS)).toMatchObject({ code: 0 });
    const packed = packedFiles();
    for (const path of MADE.filter((name) => name.startsWith(COMPILE))) {
      expect(await readFile(project.path(path), 'utf8')).toBe(await readFile(`${ROOT}/examples/axion/${path}`, 'utf8'));
      expect(packed).toContain(`examples/axion/${path}`);
    }
  });

  it('finds the six services and two tiers of the example', async () => {
    await using project = await createProject({});
    for (const part of ['src', 'packages', 'requirements']) {
      await cp(`${ROOT}/examples/axion/${part}`, project.path(part), { recursive: true });
    }
    const analytics = ['report', 'scheduler', 'worker'].map((name) => `meridian-${name}=requirements/analytics.txt`);
    const requirements = ['requirements/web.txt', ...analytics].flatMap((file) => ['--requirements', file]);
    const { code, stderr } = await init(project, [...FLAGS, ...requirements]);
    expect(code, stderr).toBe(0);
    const { document } = await runJson('build-plan', ['build', '--dry-run'], { cwd: project.directory });
    expect(document.images.map(({ service }) => service).sort()).toEqual([
      'meridian-api',
      'meridian-exporter',
      'meridian-gateway',
      'meridian-report',
      'meridian-scheduler',
      'meridian-worker',
    ]);
    expect(document.excludedStages.filter(({ reason }) => /service|leaf/.test(reason))).toEqual([]);
    const dockerfile = await readFile(project.path('resource.docker/dockerfile/axion.dockerfile'), 'utf8');
    expect(dockerfile).toMatch(/^FROM runtime-web AS meridian-gateway$/m);
    expect(dockerfile).toMatch(/^FROM runtime-analytics AS meridian-worker$/m);
    expect(dockerfile).not.toMatch(/^# *syntax=/m);
  });

  it.each([
    ['one service, whose name a second service does not change', 'src/api/__main__.py', 'api'],
    ["a package in the project's folder", 'tally/__main__.py', 'tally'],
    ['a src that is itself the package', 'src/__main__.py', 'src'],
  ])('names the images of %s', async (_what, main, service) => {
    await using project = await createProject({ [main]: 'print()\n', [main.replace('__main__', '__init__')]: '' });
    const { code, stderr } = await init(project, FLAGS);
    expect(code, stderr).toBe(0);
    const { document } = await runJson('build-plan', ['build', '--dry-run'], { cwd: project.directory });
    expect(document.images.map(({ reference }) => reference)).toEqual([`${REGISTRY}/${service}-${PACKAGE}:latest`]);
  });

  it('contains no secret, and names the variable of the password', async () => {
    const harbor = ['--registry', 'registry.example.com', '--project', 'axion', '--username', 'robot$axion+ci'];
    await using project = await createProject(SHOP);
    const made = await init(project, harbor);
    expect(made).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('the environment variable HARBOR_PASSWORD'),
    });
    const config = await readFile(project.path('config.yaml'), 'utf8');
    expect(config).toContain('password: "${HARBOR_PASSWORD}"');
    const env = { HARBOR_PASSWORD: 'sentinel-4711' };
    const shown = await objdocker(['--json', 'config', 'show'], { cwd: project.directory, env });
    expect(Object.values(JSON.parse(shown.stdout))).toMatchObject([
      { deployment: { registry: { username: 'robot$axion+ci', project: 'axion' } } },
    ]);
    expect(shown.stdout).not.toContain('sentinel-4711');

    await using other = await createProject(SHOP);
    expect(await init(other, [...harbor, '--password-file', '../secret']).then(({ code }) => code)).toBe(0);
    expect(await readFile(other.path('config.yaml'), 'utf8')).toMatch(/^ +passwordFile: \.\.\/secret$/m);
    expect(await objdocker(['config', 'check', '--strict'], { cwd: other.directory })).toMatchObject({ code: 0 });
  });
});

describe('existing files', () => {
  it('are never overwritten, and prevent all writes', async () => {
    const there = { 'config.yaml': 'mine\n', [`${COMPILE}/plan.py`]: 'mine, too\n' };
    await using project = await createProject({ ...SHOP, ...there });
    await symlink('/nowhere', project.path('resource.docker/runtime'));
    await mkdir(project.path('resource.docker/dockerfile'));
    await symlink('/nowhere', project.path(MADE[1] ?? ''));
    const { code, stderr, stdout } = await init(project, ['--json', ...FLAGS]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'FILE_EXISTS', files: ['config.yaml', MADE[1], `${COMPILE}/plan.py`] },
    });
    expect(stderr).toContain('nothing was written');
    expect(await madeIn(project)).toEqual([...Object.keys(there), MADE[1], 'resource.docker/runtime'].sort());
    expect(await readFile(project.path('config.yaml'), 'utf8')).toBe('mine\n');
  });

  it('are the only ones left when a write fails', async () => {
    await using project = await createProject(SHOP);
    // init writes into this folder last but one, but it is a file.
    await mkdir(project.path('resource.docker'));
    await writeFile(project.path('resource.docker/runtime'), 'a file');
    const { code, stderr } = await init(project, FLAGS);
    expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining('healthcheck.py: ENOTDIR') });
    expect(await madeIn(project)).toEqual(['resource.docker/runtime']);
    expect(await readdir(project.path('resource.docker'))).toEqual(['runtime']);
  });

  it('include a .dockerignore, which is kept, with a warning of what it excludes', async () => {
    await using project = await createProject({ ...SHOP, '.dockerignore': 'resource.docker\n' });
    const { code, stdout, stderr } = await init(project, FLAGS);
    expect(code).toBe(0);
    expect(stdout).toContain('kept the existing .dockerignore');
    expect(stderr).toContain('warning: .dockerignore excludes resource.docker/compile, which the build needs');
    expect(await readFile(project.path('.dockerignore'), 'utf8')).toBe('resource.docker\n');
  });
});

describe('values', () => {
  it('that are missing are listed in one error when init cannot prompt', async () => {
    await using project = await createProject({
      ...SHOP,
      'requirements/api.txt': '',
      'requirements/other.txt': '',
      'src/shop/mailer/__main__.py': '',
    });
    const { code, stderr } = await init(project, []);
    expect(code).toBe(2);
    expect(stderr).toContain('--requirements shop-mailer=FILE, --registry HOST and --project NAME are missing');
    expect(await madeIn(project)).toEqual(['requirements/other.txt', 'src/shop/mailer/__main__.py']);
  });

  it.each([
    ['a flag', '-x'],
    ['a command', '$(touch pwned)'],
    ['another folder', 'a/../../b'],
    ['a line of a Dockerfile', 'a\nRUN touch /pwned'],
    ['10,000 letters', 'x'.repeat(10_000)],
    ['a variable', '${HOME}'],
    ['nothing', ''],
  ])('are rejected: %s', async (_what, value) => {
    await using project = await createProject(SHOP);
    const flags = ['--package', '--registry', '--project', '--service', '--requirements'];
    const all = [...flags, '--base-image', '--base-runtime-image', '--port', '--health-path'];
    const { code, stderr } = await init(
      project,
      all.map((flag) => `${flag}=${value}`),
    );
    expect(code, stderr).toBe(2);
    for (const flag of all) expect(stderr).toContain(`\n${flag}: `);
    expect(stderr.length).toBeLessThan(6_000);
    const source = await init(project, [...FLAGS, `--source=${value}`]);
    expect(source).toMatchObject({ code: 2, stderr: expect.stringContaining('--source: ') });
    const type = await init(project, [`--type=${value}`]);
    expect(type.code).toBe(2);
    expect(await madeIn(project)).toEqual([]);
  });

  it.each([['-x'], ['$(id)'], ['a/../b'], ['${HOME}'], ['"# {}'], ["it's ∆"]])(
    'may be any user name: %j',
    async (username) => {
      await using project = await createProject(SHOP);
      const harbor = ['--registry', 'registry.example.com', '--project', 'axion', `--username=${username}`];
      const { code, stderr } = await init(project, harbor);
      expect(code, stderr).toBe(0);
      const shown = await objdocker(['--json', 'config', 'show'], { cwd: project.directory });
      // As it has to be written in config.yaml.
      const written = username.replaceAll('${', () => '$${');
      expect(Object.values(JSON.parse(shown.stdout))).toMatchObject([
        { deployment: { registry: { username: written } } },
      ]);
    },
  );
});

describe('on a terminal', () => {
  it('prompts, prompts again after an invalid value, and writes after a confirmation', async () => {
    await using project = await createProject(SHOP);
    const { screen, type, ended } = objdockerInTerminal(['init'], { cwd: project.directory, columns: 100 });
    const shows = (text: string) =>
      until(
        () => screen.text,
        (shown) => shown.includes(text),
      );
    const answer = async (prompt: string, keys: string) => {
      await shows(prompt);
      type(keys);
    };
    await answer('Name of the package', 'shop\r');
    await shows('shop-api, shop-worker');
    await answer('Services, comma-separated', '\r');
    await answer('Type of the registry', '\r');
    await answer('Host of the registry', 'https://registry.example.com/\r');
    await shows('is a URL, not a host');
    type('\u0015registry.example.com\r');
    await answer('Project in Harbor', 'axion\r');
    await answer('User name for the registry', '\r');
    await shows('python:3.12-bookworm');
    await answer('Image to build on', 'python:3.11-bookworm\r');
    await shows('python:3.11-slim-bookworm');
    await answer('Image to run on, with the same Python', '\r');
    await shows('Write these files');
    expect(await madeIn(project)).toEqual([]);
    type('\r');
    expect(await ended, screen.text).toBe(0);
    expect(screen.text).toContain('wrote config.yaml');
    expect(screen.cursorVisible).toBe(true);
    expect(await madeIn(project)).toEqual([...MADE, '.dockerignore'].sort());
    expect(await objdocker(['config', 'check', '--strict'], { cwd: project.directory })).toMatchObject({ code: 0 });
  });

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
    ['Escape', '\u001b'],
  ])('writes nothing after %s', async (_key, keys) => {
    await using project = await createProject(SHOP);
    const { screen, type, ended } = objdockerInTerminal(['init'], { cwd: project.directory });
    await until(
      () => screen.text,
      (text) => text.includes('Name of the package'),
    );
    type('shop\r');
    await until(
      () => screen.text,
      (text) => text.includes('Services'),
    );
    type(keys);
    expect(await ended, screen.text).toBe(130);
    expect(screen.text).toContain('cancelled at a prompt');
    expect(screen.cursorVisible).toBe(true);
    expect(await madeIn(project)).toEqual([]);
  });

  it('writes nothing after a no', async () => {
    await using project = await createProject(SHOP);
    const { screen, type, ended } = objdockerInTerminal(['init', ...FLAGS], { cwd: project.directory });
    for (const [prompt, keys] of [
      ['Services', '\r'],
      ['User name', '\r'],
      ['Image to build on', '\r'],
      ['Image to run on', '\r'],
      ['Write these files', 'n'],
    ] as const) {
      await until(
        () => screen.text,
        (text) => text.includes(prompt),
      );
      type(keys);
    }
    expect(await ended, screen.text).toBe(1);
    expect(screen.text).toContain('nothing was written');
    expect(await madeIn(project)).toEqual([]);
  });

  it('prints no colors with --no-color', async () => {
    await using project = await createProject(SHOP);
    const { screen, type, ended } = objdockerInTerminal(['init', '--no-color'], { cwd: project.directory });
    await until(
      () => screen.text,
      (text) => text.includes('Name of the package'),
    );
    type('\u0003');
    expect(await ended).toBe(130);
    expect(screen.written).not.toMatch(/\u001b\[[\d;]*m/);
  });

  it('does not prompt with --yes', async () => {
    await using project = await createProject(SHOP);
    const { screen, ended } = objdockerInTerminal(['init', '--yes', ...FLAGS], { cwd: project.directory });
    expect(await ended, screen.text).toBe(0);
    expect(await madeIn(project)).toEqual([...MADE, '.dockerignore'].sort());
  });
});
