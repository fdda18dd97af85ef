import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docker } from '../harness/sandbox.ts';
import { buildExample, type ExampleBuild, runWithFiles } from './build-example.ts';
import { type RunningServices, startServices } from './running.ts';
import { EXAMPLE, type ExampleService, SERVICES, TIERS } from './services.ts';

const REVISION = '1f0c1d2e3b4a59687766554433221100ffeeddcc';

let build: ExampleBuild;
let running: RunningServices;

beforeAll(async () => {
  build = await buildExample({ args: { REVISION } });
  if (build.code !== 0) throw new Error(`the example does not build:\n${build.log}`);
  running = await startServices(build.image);
});

afterAll(async () => {
  await running?.[Symbol.asyncDispose]();
  await build?.[Symbol.asyncDispose]();
});

/** What a shell command prints in a service's container, line by line; as root, who sees everything. */
async function lines(service: ExampleService, command: string): Promise<string[]> {
  const output = await docker(['exec', '--user', '0', running.container(service.name), 'sh', '-c', command]);
  return output.split('\n').filter((line) => line !== '');
}

/** The modules of a package of the example's source, less the ones that stay source. */
async function modulesOf(name: string): Promise<string[]> {
  const files = await readdir(`${EXAMPLE}src/meridian/${name}`);
  return files.flatMap((file) => (/^(?!__).+\.py$/.test(file) ? [`meridian.${name}.${file.slice(0, -3)}`] : []));
}

describe.each(SERVICES)('the image of $target', (service) => {
  it('becomes healthy', async () => {
    expect(await running.health(service.name)).toBe('healthy');
  });

  it('runs as an unprivileged user', async () => {
    const status = await lines(service, 'cat /proc/1/status');
    expect(status).toContain('Uid:\t10001\t10001\t10001\t10001');
    expect(status).toContain('Gid:\t10001\t10001\t10001\t10001');
    expect(status).toContain('CapEff:\t0000000000000000');
    expect(await docker(['image', 'inspect', '--format', '{{.Config.User}}', build.image(service.target)])).toBe(
      '10001:10001',
    );
  });

  it('holds its own compiled modules, and no source but packages and its entry point', async () => {
    const files = (await lines(service, 'cd /app && find . -type f')).map((file) =>
      file.slice(2).replace(/\.cpython-[^/]+\.so$/, '.so'),
    );
    const compiled = [...(await modulesOf('core')), ...(await modulesOf(service.name))];
    expect(files.sort()).toEqual(
      [
        'meridian/__init__.py',
        'meridian/core/__init__.py',
        'meridian/core/book.csv',
        `meridian/${service.name}/__init__.py`,
        `meridian/${service.name}/__main__.py`,
        ...compiled.map((name) => `${name.replaceAll('.', '/')}.so`),
      ].sort(),
    );
  });

  it('holds no source or C file of the application anywhere', async () => {
    const found = await lines(
      service,
      "find / -xdev \\( -path '*meridian*' -o -path '/src*' -o -path '/out*' -o -name '*.pyx' \\) -type f ! -path '/app/*'; find /app -name '*.c'",
    );
    expect(found).toEqual([]);
  });

  it('imports every compiled module from its library', async () => {
    const names = [...(await modulesOf('core')), ...(await modulesOf(service.name))];
    const script = `import importlib; [print(importlib.import_module(n).__file__) for n in ${JSON.stringify(names)}]`;
    const files = (await docker(['exec', running.container(service.name), 'python', '-c', script])).split('\n');
    expect(files).toHaveLength(names.length);
    for (const file of files) expect(file).toMatch(/^\/app\/meridian\/.+\.so$/);
  });

  it('has no compiler, no Cython and no cache of pip', async () => {
    const tools = 'gcc cc g++ c++ clang as ld make cython cython3';
    expect(await lines(service, `for tool in ${tools}; do command -v $tool; done; true`)).toEqual([]);
    expect(await lines(service, 'python -c "import Cython" 2>&1 | tail -n 1')).toEqual([
      "ModuleNotFoundError: No module named 'Cython'",
    ]);
    expect(
      await lines(
        service,
        "find / -xdev -path '*/.cache/*' -o -xdev -name 'pip-ephem*' -o -xdev -name '*.whl' -path '/wheels/*'",
      ),
    ).toEqual([]);
    expect(await lines(service, 'ls -A /tmp /root | grep -v : | grep -v -e .bashrc -e .profile; true')).toEqual([]);
  });

  it("has its tier's venv and not the other's", async () => {
    const script =
      'from importlib.metadata import distributions; print("\\n".join(sorted(d.name for d in distributions(path=["/opt/venv/lib/python3.11/site-packages"]))))';
    expect(await lines(service, `python -c '${script}'`)).toEqual(TIERS[service.tier]);
    const other = service.tier === 'web' ? 'axion_daycount' : 'axion_upstream';
    expect(await lines(service, `python -c 'import ${other}' 2>&1 | tail -n 1`)).toEqual([
      `ModuleNotFoundError: No module named '${other}'`,
    ]);
  });

  it('carries the OCI labels', async () => {
    const labels = JSON.parse(
      await docker(['image', 'inspect', '--format', '{{json .Config.Labels}}', build.image(service.target)]),
    );
    expect(labels).toMatchObject({
      'org.opencontainers.image.title': `${service.target}-homechoice`,
      'org.opencontainers.image.version': build.tag,
      'org.opencontainers.image.revision': REVISION,
      'org.opencontainers.image.vendor': 'Axion',
      'org.opencontainers.image.base.name': 'localhost/python:3.11-slim-bookworm',
      'org.opencontainers.image.description': expect.stringMatching(/\.$/),
    });
  });

  it('passes the tests of its modules, compiled', async () => {
    const { code, output } = await runWithFiles(build.image(service.target), { [`${EXAMPLE}tests`]: '/tmp/tests' }, [
      'sh',
      '-c',
      `cd /tmp && python -m unittest ${service.pythonTests.map((name) => `tests.${name}`).join(' ')}`,
    ]);
    expect(output).toMatch(/^Ran [1-9]\d* tests/m);
    expect(output).toMatch(/^OK$/m);
    expect(code).toBe(0);
  });
});

describe('the running services', () => {
  async function request(service: string, path: string, body?: unknown): Promise<Response> {
    const post = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    return fetch(`http://${running.address(service)}${path}`, post);
  }

  it('quote a loan', async () => {
    const response = await request('api', '/quotes', { principal: 1_500_000, annual_rate: 0.1175, months: 240 });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ instalment: 16_255.61, months: 240 });
  });

  it('show the portfolio as a page', async () => {
    const response = await request('report', '/report');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await response.text()).toContain('<h1>Portfolio, 2025-01-01</h1>');
  });

  it('list what falls due', async () => {
    const response = (await (await request('scheduler', '/due?days=31')).json()) as { total: number };
    expect(response.total).toBeGreaterThan(30);
  });

  it('value the book', async () => {
    const accepted = await request('worker', '/jobs', { scenarios: 100 });
    expect(accepted.status).toBe(202);
    const path = accepted.headers.get('location') ?? '';
    await expect
      .poll(async () => (await request('worker', path)).json(), { timeout: 120_000 })
      .toMatchObject({ status: 'done', result: { balance: 73_897_252.23 } });
  });

  it('forward requests to each other, and report who did not respond', async () => {
    const schedule = await request('gateway', '/api/schedule?principal=12000&annual_rate=0.12&months=12');
    expect(await schedule.json()).toMatchObject({ total: 12 });
    const missing = await request('gateway', '/exporter/metrics');
    expect(missing.status).toBe(502);
    expect(await missing.json()).toEqual({ error: 'exporter: no address is configured; set MERIDIAN_EXPORTER_URL' });
  });

  it('watch each other', async () => {
    const metrics = await (await request('exporter', '/metrics')).text();
    expect(metrics).toContain('meridian_service_up{service="api"} 1\n');
    expect(metrics).toContain('meridian_service_up{service="worker"} 1\n');
  });

  it('log JSON lines, and exit with 0 on SIGTERM', async () => {
    const container = running.container('api');
    await docker(['stop', container]);
    expect(await docker(['inspect', '--format', '{{.State.ExitCode}}', container])).toBe('0');
    const log = (await docker(['logs', container])).split('\n').map((line) => JSON.parse(line) as { message: string });
    expect(log[0]).toMatchObject({ level: 'info', service: 'meridian-api', message: 'listening', port: 8080 });
    expect(log.at(-1)).toMatchObject({ message: 'stopped' });
  });
});
