import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../harness/cli.ts';
import { createProject, type Project } from '../harness/project.ts';

const run = promisify(execFile);

let project: Project;

describe('the package that npm pack makes', () => {
  beforeAll(async () => {
    project = await createProject({ 'package.json': '{"private": true, "type": "module"}' });
    await run('npm', ['pack', '--ignore-scripts', '--pack-destination', project.directory], { cwd: ROOT });
    const [tarball = ''] = (await readdir(project.directory)).filter((name) => name.endsWith('.tgz'));
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', project.path(tarball)], {
      cwd: project.directory,
    });
  });

  afterAll(() => project[Symbol.asyncDispose]());

  it('installs a command that runs', async () => {
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
  ])('is loaded by %s', async (_way, script) => {
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: project.directory });
    expect(stdout).toBe('function function\n');
  });

  it('holds the schemas and no tests', async () => {
    const files = await readdir(project.path('node_modules/objdocker'), { recursive: true });
    expect(files).toContain('schema/config.schema.json');
    expect(files.filter((name) => /\.test\.|^src|^test/.test(name))).toEqual([]);
  });
});
