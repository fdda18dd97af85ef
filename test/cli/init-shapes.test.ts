import { randomInt, randomUUID } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { type CliResult, objdocker } from '../harness/cli.ts';
import { runService } from '../harness/containers.ts';
import { createProject, type Project } from '../harness/project.ts';
import { runJson } from '../harness/run-json.ts';
import { docker } from '../harness/sandbox.ts';

const REGISTRY = process.env.OBJDOCKER_SANDBOX_REGISTRY ?? '';
const BASE = process.env.OBJDOCKER_SANDBOX_BASE_IMAGE ?? '';
const RUNTIME = process.env.OBJDOCKER_SANDBOX_BASE_RUNTIME_IMAGE ?? '';
const PACKAGE = `shapes-${randomInt(1e9)}`;
const DOCKERFILE = 'resource.docker/dockerfile/axion.dockerfile';
const FLAGS = ['--yes', '--package', PACKAGE, '--type', 'registry', '--registry', REGISTRY];
const IMAGES = ['--base-image', BASE, '--base-runtime-image', RUNTIME];

const SERVE = `import http.server
import os


def serve(text):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text.encode())

    http.server.ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
`;
const LOCAL_PACKAGE =
  '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n\n[project]\nname = "rates"\nversion = "1.0"\n';

const FLAT = {
  'app.py': 'import helpers\n\nif __name__ == "__main__":\n    helpers.serve("hello from a flat app")\n',
  'helpers.py': SERVE,
  'test_app.py': 'assert False\n',
};
const SCRIPTS = {
  'pyproject.toml':
    '[project]\nname = "tally"\nversion = "1.0"\ndependencies = ["rates==1.0"]\n\n[project.scripts]\ntally-api = "tally.api:main"\ntally-job = "tally.jobs:run"\n',
  'src/tally/__init__.py': '',
  'src/tally/api.py': `${SERVE}\n\ndef main():\n    from rates import RATE\n    serve(f"a script at {RATE}")\n`,
  'src/tally/jobs.py': 'def run():\n    return 3\n',
  'packages/rates/pyproject.toml': LOCAL_PACKAGE,
  'packages/rates/rates.py': 'RATE = 7\n',
};

const references: string[] = [];
const containers: string[] = [];

afterAll(async () => {
  if (containers.length > 0) await docker(['rm', '--force', '--volumes', ...containers]);
  if (references.length > 0) await docker(['rmi', '--force', ...references]);
});

function init(project: Project, args: readonly string[] = []): Promise<CliResult> {
  return objdocker(['init', ...FLAGS, ...args], { cwd: project.directory });
}

async function initJson(project: Project, args: readonly string[] = []) {
  const { document } = await runJson('init', ['init', ...FLAGS, ...args], { cwd: project.directory });
  return document;
}

async function build(project: Project): Promise<readonly string[]> {
  expect(await objdocker(['config', 'check', '--strict'], { cwd: project.directory })).toMatchObject({ code: 0 });
  const { document } = await runJson('build', ['build'], { cwd: project.directory });
  const built = document.images.map(({ reference }) => reference);
  references.push(...built);
  return built;
}

/** Runs an image until the end of the tests, and returns its response. */
async function ask(image: string): Promise<string> {
  const { id, text } = await runService(image);
  containers.push(id);
  return text;
}

async function appFiles(image: string): Promise<readonly string[]> {
  const files = await docker(['run', '--rm', '--entrypoint', 'find', image, '/app', '-type', 'f']);
  return files
    .split('\n')
    .map((path) => path.replace(/\.cpython-[^/]+\.so$/, '.so'))
    .sort();
}

describe('a flat app.py', () => {
  it('is built, compiled but for the module that runs, and responds', async () => {
    await using project = await createProject(FLAT);
    const document = await initJson(project, IMAGES);
    expect(document.services).toEqual([{ name: 'app', module: 'app', command: ['python', '-m', 'app'] }]);
    expect(await readFile(project.path('config.yaml'), 'utf8')).toContain('exclude: ["app.py"]');
    const [image = ''] = await build(project);
    expect(await ask(image)).toBe('hello from a flat app');
    expect(await appFiles(image)).toEqual(['/app/app.py', '/app/helpers.so']);
  });

  it('keeps its source with --no-compile, and gets no compiler', async () => {
    await using project = await createProject(FLAT);
    const document = await initJson(project, [...IMAGES, '--no-compile']);
    expect(document.files).toEqual([
      'config.yaml',
      DOCKERFILE,
      'resource.docker/compile/check_imports.py',
      'resource.docker/runtime/healthcheck.py',
      '.dockerignore',
    ]);
    expect(await readFile(project.path(DOCKERFILE), 'utf8')).not.toMatch(/gcc|Cython|COMPILE_/);
    expect(await readFile(project.path('config.yaml'), 'utf8')).not.toContain('compile');
    const [image = ''] = await build(project);
    expect(await ask(image)).toBe('hello from a flat app');
    const files = await appFiles(image);
    expect(files.filter((path) => path.endsWith('.py'))).toEqual(['/app/app.py', '/app/helpers.py']);
  });
});

describe('two services beside each other', () => {
  it.each([
    ['compiled', [], '.so'],
    ['as source', ['--no-compile'], '.py'],
  ])('are built %s, and a change to one keeps the image of the other', async (_how, args, suffix) => {
    await using project = await createProject({
      ...FLAT,
      'job.py': 'import helpers\n\nif __name__ == "__main__":\n    print(helpers.__name__)\n',
    });
    const document = await initJson(project, [...IMAGES, ...args]);
    expect(document.services.map(({ name }) => name)).toEqual(['app', 'job']);
    const code = async (image: string) =>
      (await appFiles(image)).filter((path) => !path.includes('__pycache__')).join(' ');
    const [app = '', job = ''] = await build(project);
    expect(await code(app)).toBe(`/app/app.py /app/helpers${suffix}`);
    expect(await code(job)).toBe(`/app/helpers${suffix} /app/job.py`);

    const idOf = (image: string) => docker(['image', 'inspect', '--format', '{{.Id}}', image]);
    const [appId, jobId] = [await idOf(app), await idOf(job)];
    await writeFile(project.path('job.py'), `import helpers\n\nprint("${randomUUID()}")\n`);
    await build(project);
    expect(await idOf(app)).toBe(appId);
    expect(await idOf(job)).not.toBe(jobId);
  });
});

describe('a pyproject.toml with scripts', () => {
  it('is one service for each script, with the dependencies of the project', async () => {
    await using project = await createProject(SCRIPTS);
    const document = await initJson(project, IMAGES);
    expect(document.services.map(({ name, requirements }) => [name, requirements])).toEqual([
      ['tally-api', 'pyproject.toml'],
      ['tally-job', 'pyproject.toml'],
    ]);
    const [api = '', job = ''] = await build(project);
    expect(await ask(api)).toBe('a script at 7');
    await expect(docker(['run', '--rm', job])).rejects.toMatchObject({ code: 3 });
    expect(await appFiles(api)).toEqual(['/app/tally/__init__.py', '/app/tally/api.so', '/app/tally/jobs.so']);
  });

  it('whose dependencies cannot be read is told', async () => {
    const text = '[tool.poetry.dependencies]\npython = "^3.12"\nflask = "^3"\n';
    await using project = await createProject({ ...FLAT, 'pyproject.toml': text });
    expect((await initJson(project)).notes).toEqual([expect.stringContaining('the dependencies of Poetry')]);
    await using broken = await createProject({ ...FLAT, 'pyproject.toml': '[project\n' });
    expect((await initJson(broken)).notes).toEqual([expect.stringContaining('pyproject.toml cannot be read: ')]);
  });
});

describe('a web application', () => {
  it.each([
    [
      'FastAPI',
      { 'shop/main.py': 'app = FastAPI()\n', 'shop/__init__.py': '', 'requirements.txt': 'fastapi\nuvicorn\n' },
      'shop',
      'CMD ["sh", "-c", "exec python -m uvicorn --host 0.0.0.0 --port \\"$PORT\\" shop.main:app"]',
    ],
    [
      'Flask',
      { 'app.py': 'app = Flask(__name__)\n', 'templates/index.html': '', 'requirements.txt': 'flask\ngunicorn\n' },
      'app',
      'CMD ["python", "-m", "gunicorn", "--worker-tmp-dir", "/dev/shm", "app:app"]',
    ],
    [
      'Django',
      {
        'manage.py': 'if __name__ == "__main__":\n    main()\n',
        'site1/asgi.py': 'application = get_asgi_application()\n',
        'site1/wsgi.py': 'application = get_wsgi_application()\n',
        'polls/migrations/0001_initial.py': '',
        'requirements.txt': 'django\ngunicorn\n',
      },
      'site1',
      'python /mnt/check_imports.py --first site1.wsgi /app\nCMD ["python", "-m", "gunicorn", "--worker-tmp-dir", "/dev/shm", "site1.wsgi:application"]',
    ],
  ])('of %s starts through its server', async (_framework, files, service, command) => {
    await using project = await createProject(files);
    const document = await initJson(project);
    expect(document.services.map(({ name }) => name)).toEqual([service]);
    expect(document.notes).toEqual([]);
    expect(await readFile(project.path(DOCKERFILE), 'utf8')).toContain(command);
    const { document: plan } = await runJson('build-plan', ['build', '--dry-run'], { cwd: project.directory });
    expect(plan.images.map(({ reference }) => reference)).toEqual([`${REGISTRY}/${service}-${PACKAGE}:latest`]);
  });

  it('keeps what its framework reads as source, and says when its server is not required', async () => {
    await using project = await createProject({
      'src/shop/main.py': 'from fastapi import FastAPI\n\napp = FastAPI()\n',
      'src/shop/rates.py': 'RATE = 7\n',
      'requirements.txt': 'fastapi\n',
    });
    expect((await initJson(project)).notes).toEqual([
      'service shop starts with uvicorn, which requirements.txt does not name: add it',
    ]);
    expect(await readFile(project.path('config.yaml'), 'utf8')).toContain('exclude: ["shop/main.py"]');
  });

  it('can be selected by name', async () => {
    const text = 'app = FastAPI()\nadmin = FastAPI()\n';
    await using project = await createProject({ 'src/shop/main.py': text, 'requirements.txt': 'fastapi[standard]\n' });
    const document = await initJson(project, ['--service', 'api=shop.main:app', '--service', 'admin=shop.main:admin']);
    expect(document.services.map(({ name, command }) => [name, command?.at(-1)?.split(' ').at(-1)])).toEqual([
      ['api', 'shop.main:app'],
      ['admin', 'shop.main:admin'],
    ]);
    await using other = await createProject({ 'src/shop/main.py': text });
    const { code, stderr } = await init(other, ['--service', 'api=shop.main:ap']);
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'there is no application or script "shop.main:ap" (did you mean "shop.main:app"?)',
      ),
    });
  });
});

describe('local requirements', () => {
  it('are copied before pip runs, and are in the build context', async () => {
    await using project = await createProject({
      ...FLAT,
      'requirements.txt': '--no-index\n--find-links ./wheels\n./libs/local\n-e ./libs/other\n',
      'wheels/x.whl': '',
      'libs/local/pyproject.toml': '',
      'libs/other/pyproject.toml': '',
    });
    expect((await initJson(project)).notes).toEqual([
      'requirements.txt needs "-e ./libs/other", and an editable install is not in the image: write ./libs/other instead',
    ]);
    const dockerfile = await readFile(project.path(DOCKERFILE), 'utf8');
    expect(dockerfile).toContain(
      'WORKDIR /project\nCOPY requirements.txt ./\nCOPY wheels wheels\nCOPY libs/local libs/local\nRUN ',
    );
    expect(await readFile(project.path('.dockerignore'), 'utf8')).toContain('!wheels\n!libs/local\n');
  });
});

describe('an existing Dockerfile', () => {
  const SERVICES = `ARG BASE
FROM \${BASE} AS base
FROM base AS api
RUN --mount=type=secret,id=npm true
FROM base AS worker
`;

  it('is kept, and its services are those of the package', async () => {
    await using project = await createProject({ Dockerfile: SERVICES, 'src/main.go': '' });
    const document = await initJson(project);
    expect(document).toMatchObject({
      files: ['config.yaml'],
      kept: ['Dockerfile'],
      services: [{ name: 'api' }, { name: 'worker' }],
      notes: [],
    });
    expect(document.assumed.slice(0, 2)).toEqual([
      expect.stringContaining('build arguments: BASE has no default in the Dockerfile'),
      expect.stringContaining('secrets: the Dockerfile mounts npm'),
    ]);
    expect(await readdir(project.directory)).toEqual(['Dockerfile', 'config.yaml', 'src']);
    expect(await objdocker(['config', 'check', '--strict'], { cwd: project.directory })).toMatchObject({ code: 0 });
  });

  it('of one image gets a config.yaml with that image', async () => {
    await using project = await createProject({ 'docker/app.dockerfile': `FROM ${RUNTIME}\nCMD ["python"]\n` });
    expect((await initJson(project)).services).toEqual([]);
    expect(await build(project)).toEqual([`${REGISTRY}/${PACKAGE}:latest`]);
  });

  it('is asked for when there are several, and refuses options for a new one', async () => {
    const files = { 'a.dockerfile': 'FROM scratch\n', 'b.dockerfile': 'FROM scratch\n', ...FLAT };
    await using project = await createProject(files);
    const missing = await init(project);
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('--dockerfile FILE is missing') });
    const wrong = await init(project, ['--dockerfile', 'a.dockerfile', '--port', '80', '--no-compile']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('--port: it is for a new Dockerfile, and a.dockerfile is used');
    expect(wrong.stderr).toContain('--no-compile: ');
    const broken = await init(project, ['--dockerfile', 'c.dockerfile']);
    expect(broken).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no such file') });
    expect((await initJson(project, ['--new-dockerfile'])).files).toContain(DOCKERFILE);
  });
});

it('says at the end what it could not know', async () => {
  await using project = await createProject({
    ...FLAT,
    'data.csv': '1\n',
    'job.py': 'if __name__ == "__main__":\n    pass\n',
  });
  const { stdout } = await init(project, ['--service', 'app']);
  const told = stdout.slice(stdout.indexOf('not known from the folder, and assumed:'));
  expect(told.match(/^ {2}[^:]+(?=:)/gm)?.map((line) => line.trim())).toEqual([
    'port',
    'health check',
    'Python',
    'environment variables and secrets that the services need',
    'shared libraries of Debian that requirements need at run time',
    'whether all modules run when they are compiled',
    'services',
    'data',
  ]);
  expect(told).toContain('services: job can start, too');
  expect(told).toContain('data: data.csv is not copied');
});
