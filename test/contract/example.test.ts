import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../harness/cli.ts';
import { createProject, type Project } from '../harness/project.ts';
import { ProcessSubstrate } from './process-substrate.ts';

const run = promisify(execFile);

describe('the example of docs/substrate.md', () => {
  let project: Project;
  beforeAll(async () => {
    const [, example = ''] = /```ts\n(.*?)```/s.exec(await readFile(join(ROOT, 'docs/substrate.md'), 'utf8')) ?? [];
    project = await createProject({
      'package.json': '{"private": true, "type": "module"}',
      'contract.ts': example,
      'my-substrate.ts': `export { ${ProcessSubstrate.name} as MySubstrate } from '${ROOT}/test/contract/process-substrate.ts';\n`,
    });
    await mkdir(project.path('node_modules'));
    for (const name of ['@types', 'tsx']) {
      await symlink(join(ROOT, 'node_modules', name), project.path(`node_modules/${name}`));
    }
    await symlink(ROOT, project.path('node_modules/objdocker'));
  });
  afterAll(() => project[Symbol.asyncDispose]());

  const contract = (...args: string[]) =>
    run(process.execPath, ['--import', 'tsx', 'contract.ts', ...args], { cwd: project.directory, env: process.env });

  it('compiles', async () => {
    const options = '--strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --allowImportingTsExtensions';
    const target = '--module nodenext --target es2022 --lib es2023 --skipLibCheck --noEmit --types node';
    const args = [...options.split(' '), ...target.split(' '), 'contract.ts'];
    await run(process.execPath, [`${ROOT}/node_modules/typescript/bin/tsc`, ...args], { cwd: project.directory }).catch(
      (error) => expect.fail(error.stdout),
    );
  });

  it('runs the selected checks, and reports skipped ones', async () => {
    const { stdout } = await contract('exit code');
    expect(stdout).toMatch(/^passed: a command's exit code is reported/m);
    expect(stdout).toMatch(/[1-9] passed, 0 failed, 0 skipped\n$/);
    expect((await contract('terminal')).stdout).toMatch(/^skipped: a terminal can be resized \[ 'terminal' \]$/m);
  });
});
