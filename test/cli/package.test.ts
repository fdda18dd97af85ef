import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../harness/cli.ts';
import { createProject, type Project } from '../harness/project.ts';

const run = promisify(execFile);

let project: Project;

describe('the npm package', () => {
  beforeAll(async () => {
    project = await createProject({ 'package.json': '{"private": true, "type": "module"}' });
    await run('npm', ['pack', '--ignore-scripts', '--pack-destination', project.directory], { cwd: ROOT });
    const [tarball = ''] = (await readdir(project.directory)).filter((name) => name.endsWith('.tgz'));
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', project.path(tarball)], {
      cwd: project.directory,
    });
  });

  afterAll(() => project[Symbol.asyncDispose]());

  it('installs the command objdocker', async () => {
    const { stdout } = await run(project.path('node_modules/.bin/objdocker'), ['--version']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const schema = await run(project.path('node_modules/.bin/objdocker'), ['config', 'schema']);
    expect(JSON.parse(schema.stdout)).toMatchObject({ type: 'object' });
  });

  it.each([
    ['import', "import { ObjDocker, loadConfig } from 'objdocker'; console.log(typeof ObjDocker, typeof loadConfig);"],
    [
      'require',
      "import { createRequire } from 'node:module'; const { ObjDocker, loadConfig } = createRequire(import.meta.url)('objdocker'); console.log(typeof ObjDocker, typeof loadConfig);",
    ],
  ])('can be loaded with %s', async (_way, script) => {
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: project.directory });
    expect(stdout).toBe('function function\n');
  });

  it('has types with which the example of the README compiles in strict mode', async () => {
    const readme = await readFile(`${ROOT}/README.md`, 'utf8');
    const [, example = ''] = /```ts\n(.*?)```/s.exec(readme) ?? [];
    expect(example).toContain('loadConfig(');
    await writeFile(project.path('readme.ts'), example);
    const strict = [
      '--strict',
      '--exactOptionalPropertyTypes',
      '--noUncheckedIndexedAccess',
      '--skipLibCheck',
      'false',
    ];
    const target = ['--module', 'nodenext', '--target', 'es2022', '--noEmit'];
    const types = ['--typeRoots', `${ROOT}/node_modules/@types`, '--types', 'node'];
    const tsc = [`${ROOT}/node_modules/typescript/bin/tsc`, ...strict, ...target, ...types, 'readme.ts'];
    await run(process.execPath, tsc, { cwd: project.directory }).catch((error) => expect.fail(error.stdout));
  });

  it('loads neither dockerode nor a renderer on import', async () => {
    const script = `
      import { register } from 'node:module';
      register('data:text/javascript,' + encodeURIComponent(
        'export async function load(url, context, next) { process._rawDebug(url); return next(url, context); }'));
      await import('objdocker');`;
    const { stderr } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: project.directory });
    expect(stderr).toContain('/objdocker/dist/index.js');
    expect(stderr).not.toMatch(/node_modules\/(dockerode|docker-modem|log-update|cli-table3|commander)\//);
  });

  it('contains the schemas and no tests', async () => {
    const files = await readdir(project.path('node_modules/objdocker'), { recursive: true });
    expect(files).toContain('schema/config.schema.json');
    expect(files.filter((name) => /\.test\.|^src|^test/.test(name))).toEqual([]);
  });
});
