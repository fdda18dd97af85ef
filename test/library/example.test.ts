import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, ROOT } from '../harness/cli.ts';
import { startHarbor, type TestHarbor } from '../harness/harbor-server.ts';
import { configYaml, createProject, type Project } from '../harness/project.ts';
import { docker } from '../harness/sandbox.ts';
import { CRITICAL } from '../pipeline/fixture.ts';

const run = promisify(execFile);

const SERVICES = ['api', 'worker'] as const;
const DOCKERFILE = SERVICES.map((name) => `FROM localhost/busybox:bookworm AS ${name}\nCOPY ${name}.txt /\n`).join('');

let harbor: TestHarbor;
let project: Project;

beforeAll(async () => {
  harbor = await startHarbor();
  project = await createProject({
    'config.yaml': configYaml({ host: harbor.host, type: 'harbor', project: 'axion', tag: '1.0', ...harbor.admin }),
    Dockerfile: DOCKERFILE,
    'api.txt': 'api',
    'worker.txt': 'worker',
  });
  // As an npm install of the package would lay it out.
  await cp(`${ROOT}/examples/library`, project.path('release'), { recursive: true });
  await mkdir(project.path('node_modules'));
  await symlink(ROOT, project.path('node_modules/objdocker'));
  await symlink(`${ROOT}/node_modules/@types`, project.path('node_modules/@types'));
});

afterAll(async () => {
  const ids = await docker(['images', '--quiet', '--no-trunc', `${harbor?.host}/axion/*`]);
  if (ids !== '') await docker(['rmi', '--force', ...new Set(ids.split('\n'))]);
  await harbor?.[Symbol.asyncDispose]();
  await project?.[Symbol.asyncDispose]();
});

/** Runs the compiled example as its first lines say. */
async function release(...args: readonly string[]): Promise<CliResult> {
  const child = spawn(process.execPath, ['release/pipeline.js', ...args], { cwd: project.directory });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

async function digestOf(service: string, tag: string): Promise<string | undefined> {
  const response = await harbor.api('GET', `projects/axion/repositories/${service}-shop/artifacts/${tag}`);
  return response.status === 200 ? ((await response.json()) as { digest: string }).digest : undefined;
}

describe('examples/library', () => {
  it('compiles as it stands', async () => {
    const tsc = `${ROOT}/node_modules/typescript/bin/tsc`;
    await run(process.execPath, [tsc, '--project', project.path('release')]).catch((error) =>
      expect.fail(error.stdout),
    );
  });

  it('releases a package, and prints what to deploy', async () => {
    for (const service of SERVICES) await harbor.planScans(`axion/${service}-shop`, { findings: [] });
    const { code, stdout, stderr } = await release('shop', '1.4.0');
    expect(code, stderr).toBe(0);
    const digests = await Promise.all(SERVICES.map((service) => digestOf(service, '1.4.0')));
    expect(stdout.trimEnd().split('\n').sort()).toEqual(
      SERVICES.map((service, index) => `${harbor.host}/axion/${service}-shop:1.4.0@${digests[index]}`),
    );
    expect(stderr).toContain(`${harbor.host}/axion/api-shop:1.4.0 is created`);
    expect(stderr).not.toContain(harbor.admin.password);
    expect(JSON.parse(await readFile(project.path('reports/result.json'), 'utf8'))).toMatchObject({
      outcome: 'passed',
    });
  });

  it('does not release a rejected image, and prints why', async () => {
    await writeFile(project.path('worker.txt'), 'another worker');
    await harbor.planScans('axion/worker-shop', { findings: [CRITICAL] });
    const { code, stdout, stderr } = await release('shop', '1.5.0');
    expect(code, stderr).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('axion/worker-shop: CVE-2026-0001 is critical');
    expect(await Promise.all(SERVICES.map((service) => digestOf(service, '1.5.0')))).toEqual([undefined, undefined]);
  });

  it('prints what the user has to correct', async () => {
    expect(await release('nope')).toMatchObject({ stdout: '', stderr: expect.stringContaining('PACKAGE_UNKNOWN: ') });
  });
});
