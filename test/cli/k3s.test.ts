import { execFileSync } from 'node:child_process';
import { chmod, chown, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { objdocker, ROOT } from '../harness/cli.ts';
import { minimal } from '../harness/config-text.ts';
import { parseAsNode } from '../harness/k3s-node.ts';
import { createProject } from '../harness/project.ts';
import { runJson } from '../harness/run-json.ts';

const PASSWORD = 'correct horse battery';
const ENV = { PULL_PASSWORD: PASSWORD };
const CONFIG = minimal({
  registry: [
    '      username: admin',
    '      password: "${ADMIN_PASSWORD}"',
    '      pull: { username: "robot$axion+pull", password: "${PULL_PASSWORD}" }',
    '      mirrors: { docker.io: { endpoint: "https://cache.example.com", rewrite: { "(.*)": "hub/$1" } } }',
  ].join('\n'),
});

const project = () => createProject({ 'config.yaml': CONFIG });
const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

describe('objdocker k3s-registries', () => {
  it('prints the file on stdout, and warnings on stderr', async () => {
    await using folder = await createProject({
      'config.yaml': minimal({ registry: `      username: admin\n      password: ${PASSWORD}` }),
    });
    const { code, stdout, stderr } = await objdocker(['k3s-registries'], { cwd: folder.directory });
    expect(code, stderr).toBe(0);
    expect(parseAsNode(stdout).configs.get('registry.example.com')?.auth.get('password')).toBe(PASSWORD);
    expect(stderr).toContain('administrator');
    expect(stderr).not.toContain(PASSWORD);
  });

  it('covers all packages, or the one of --package', async () => {
    const two = CONFIG + minimal().replace('shop:', 'other:').replace('registry.example.com', 'other.example.com');
    await using folder = await createProject({ 'config.yaml': two });
    const all = await runJson('k3s-registries', ['k3s-registries'], { cwd: folder.directory, env: ENV });
    expect(all.document.packages).toEqual(['shop', 'other']);
    const one = await runJson('k3s-registries', ['k3s-registries', '--package', 'other'], {
      cwd: folder.directory,
    });
    expect(one.document).toMatchObject({ packages: ['other'], summary: { mirrors: [], configs: [] } });
  });

  it('reports an unset variable: exit 2', async () => {
    await using folder = await project();
    const { code, stderr, stdout } = await objdocker(['k3s-registries'], { cwd: folder.directory });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('PULL_PASSWORD');
  });

  it('reports packages with conflicting values: exit 2', async () => {
    const two = `${CONFIG}${CONFIG.replace('shop:', 'other:').replace('PULL_PASSWORD', 'OTHER_PASSWORD')}`;
    await using folder = await createProject({ 'config.yaml': two });
    const env = { ...ENV, OTHER_PASSWORD: 'tr0ub4dor & 3' };
    const { code, stdout, stderr } = await objdocker(['k3s-registries'], { cwd: folder.directory, env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/configs\["registry\.example\.com"\]\.auth\.password differs between shop and other/);
    expect(stderr).not.toMatch(/battery|tr0ub4dor/);
  });

  it('prints the file with -o -, and writes none', async () => {
    await using folder = await project();
    const options = { cwd: folder.directory, env: ENV };
    const printed = await objdocker(['k3s-registries'], options);
    expect(await objdocker(['k3s-registries', '-o', '-'], options)).toEqual(printed);
    const { document } = await runJson('error', ['k3s-registries', '-o', '-'], { ...options, code: 2 });
    expect(document.error.message).toBe('--json cannot be combined with --output -: both write to stdout');
    expect(await readdir(folder.directory)).toEqual(['config.yaml']);
  });

  it('compares standard input with --check -', async () => {
    await using folder = await project();
    const options = { cwd: folder.directory, env: ENV };
    const { stdout: yaml } = await objdocker(['k3s-registries'], options);
    const same = await objdocker(['k3s-registries', '--check', '-'], { ...options, input: yaml });
    expect(same).toMatchObject({ code: 0, stdout: 'standard input: up to date\n' });
    const other = await objdocker(['k3s-registries', '--check', '-'], { ...options, input: 'mirrors: {}\n' });
    expect(other).toMatchObject({ code: 1, stdout: expect.stringMatching(/^standard input: \d+ differences\n/) });
    const binary = await objdocker(['k3s-registries', '--check', '-'], { ...options, input: Buffer.from([0xff]) });
    expect(binary).toMatchObject({ code: 2, stderr: expect.stringContaining('standard input is not UTF-8 text') });
  });

  it.each([[['--output', 'a', '--check', 'b']], [['--check', 'a', '--explain', 'b']]])(
    'rejects %s: exit 2',
    async (flags) => {
      await using folder = await project();
      const { code, stderr } = await objdocker(['k3s-registries', ...flags], { cwd: folder.directory, env: ENV });
      expect(code).toBe(2);
      expect(stderr).toContain('cannot be combined');
      expect(await readdir(folder.directory)).toEqual(['config.yaml']);
    },
  );
});

describe('--output', () => {
  it('writes with mode 0600, also over a file of mode 0644, and keeps an equal file', async () => {
    await using folder = await project();
    const path = folder.path('registries.yaml');
    await writeFile(path, 'mirrors: {}\n', { mode: 0o644 });
    const write = () =>
      runJson('k3s-registries', ['k3s-registries', '--output', 'registries.yaml'], {
        cwd: folder.directory,
        env: ENV,
      });
    const first = await write();
    expect(first.document).toMatchObject({ path, changed: true });
    expect(JSON.stringify(first)).not.toContain(PASSWORD);
    expect(await mode(path)).toBe('600');
    const { ino } = await stat(path);
    expect((await write()).document.changed).toBe(false);
    expect((await stat(path)).ino).toBe(ino);
    await chmod(path, 0o644);
    expect((await write()).document.changed).toBe(true);
    expect(await mode(path)).toBe('600');
    expect(await readdir(folder.directory)).toEqual(['config.yaml', 'registries.yaml']);
  });

  it('creates the folder', async () => {
    await using folder = await project();
    const options = { cwd: folder.directory, env: ENV };
    expect(await objdocker(['k3s-registries', '-o', 'nodes/k3s/registries.yaml'], options)).toMatchObject({ code: 0 });
    expect(await mode(folder.path('nodes/k3s/registries.yaml'))).toBe('600');
  });

  it('writes to the target of a symbolic link, and keeps the link', async () => {
    await using folder = await project();
    await mkdir(folder.path('nodes'));
    await symlink('nodes/registries.yaml', folder.path('link.yaml'));
    for (const before of ['', 'something\n']) {
      if (before !== '') await writeFile(folder.path('nodes/registries.yaml'), before);
      const { code, stderr } = await objdocker(['k3s-registries', '-o', 'link.yaml'], {
        cwd: folder.directory,
        env: ENV,
      });
      expect(code, stderr).toBe(0);
      expect((await lstat(folder.path('link.yaml'))).isSymbolicLink()).toBe(true);
      expect(await mode(folder.path('nodes/registries.yaml'))).toBe('600');
      expect(parseAsNode(await readFile(folder.path('link.yaml'), 'utf8')).mirrors.size).toBe(1);
    }
  });

  it.each(['config.yaml/registries.yaml', '.', '/proc/registries.yaml', '/dev/null', `${'x'.repeat(300)}`])(
    'reports that %s cannot be written, and leaves no file: exit 3',
    async (target) => {
      await using folder = await project();
      const { code, stdout, stderr } = await objdocker(['k3s-registries', '-o', target], {
        cwd: folder.directory,
        env: ENV,
      });
      expect({ code, stdout }, stderr).toEqual({ code: 3, stdout: '' });
      expect(stderr).toContain('cannot write');
      expect(stderr).not.toContain(PASSWORD);
      expect(await readdir(folder.directory)).toEqual(['config.yaml']);
      expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
    },
  );

  it('warns when Git does not ignore the file, and only then', async () => {
    await using folder = await project();
    // A configuration of the machine may trust every folder, or ignore files.
    const env = { ...ENV, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
    const options = { cwd: folder.directory, env };
    const write = async (...more: string[]) => {
      const { code, stderr } = await objdocker(['k3s-registries', '-o', 'nodes/r.yaml', ...more], options);
      expect(code, stderr).toBe(0);
      return stderr;
    };
    const message = 'contains passwords, and Git does not ignore it: add r.yaml to a .gitignore';
    expect(await write()).not.toContain('.gitignore');
    execFileSync('git', ['init', '--quiet'], { cwd: folder.directory });
    expect(await write()).toContain(`${folder.path('nodes/r.yaml')} ${message}`);
    expect(await write()).toContain(message);
    await writeFile(folder.path('.gitignore'), 'r.yaml\n');
    expect(await write()).not.toContain('.gitignore');
    // A file that was added once stays in the repository.
    execFileSync('git', ['add', '--force', 'nodes/r.yaml'], { cwd: folder.directory });
    expect(await write()).toContain(message);
    // Git refuses the repository of another owner, and tells nothing.
    await chown(folder.directory, 12_345, 12_345);
    await chown(folder.path('.git'), 12_345, 12_345);
    expect(await write()).not.toContain('.gitignore');
  });

  it('leaves one complete file when several processes write at once', async () => {
    await using folder = await project();
    const runs = await Promise.all(
      ['one password', 'another password', 'a third password'].map((password) =>
        objdocker(['k3s-registries', '-o', 'r.yaml'], { cwd: folder.directory, env: { PULL_PASSWORD: password } }),
      ),
    );
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    const node = parseAsNode(await readFile(folder.path('r.yaml'), 'utf8'));
    expect(node.configs.get('registry.example.com')?.auth.get('password')).toMatch(/^(one|another|a third) password$/);
    expect(await mode(folder.path('r.yaml'))).toBe('600');
    expect(await readdir(folder.directory)).toEqual(['config.yaml', 'r.yaml']);
  });
});

describe('--check', () => {
  it('exits with 0 when in sync, 1 on drift with masked passwords, 2 for a file that k3s cannot read', async () => {
    await using folder = await project();
    const run = (...more: string[]) =>
      objdocker(['k3s-registries', '--check', 'r.yaml', ...more], { cwd: folder.directory, env: ENV });
    await objdocker(['k3s-registries', '-o', 'r.yaml'], { cwd: folder.directory, env: ENV });
    expect(await run()).toMatchObject({ code: 0, stdout: expect.stringContaining('up to date') });

    const text = await readFile(folder.path('r.yaml'), 'utf8');
    await writeFile(folder.path('r.yaml'), `${text.replace(PASSWORD, 'open sesame')}    token: "secret token"\n`);
    const drift = await run();
    expect(drift.code).toBe(1);
    expect(drift.stdout).toContain('~ configs["registry.example.com"].auth.password: has a different value');
    expect(drift.stdout).toContain('? configs["registry.example.com"]["token"]: k3s does not know this key');
    expect(drift.stdout + drift.stderr).not.toMatch(/battery|sesame|secret token/);
    const { document } = await runJson('k3s-registries-check', ['k3s-registries', '--check', 'r.yaml'], {
      cwd: folder.directory,
      env: ENV,
      code: 1,
    });
    expect(document.inSync).toBe(false);
    expect(JSON.stringify(document)).not.toMatch(/battery|sesame|secret token/);

    await writeFile(folder.path('r.yaml'), 'configs:\n  a:\n    auth: open sesame\n');
    const broken = await run('--json');
    expect(broken.code).toBe(2);
    expect(JSON.parse(broken.stdout).error).toMatchObject({ code: 'REGISTRIES_INVALID', line: 3 });
    expect(broken.stdout + broken.stderr).not.toMatch(/battery|sesame/);
  });

  it('exits with 1 for a missing file', async () => {
    await using folder = await project();
    const { code, stderr } = await objdocker(['k3s-registries', '--check', 'r.yaml'], {
      cwd: folder.directory,
      env: ENV,
    });
    expect(code).toBe(1);
    expect(stderr).toContain('does not exist');
  });
});

describe('--explain', () => {
  it('lists the endpoints that a node tries, without any password', async () => {
    await using folder = await project();
    const { code, stdout, stderr } = await objdocker(['k3s-registries', '--explain', 'python:3.12'], {
      cwd: folder.directory,
    });
    expect(code, stderr).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'docker.io/library/python:3.12 (the mirror "docker.io")',
      '1. https://cache.example.com/v2/hub/library/python/manifests/3.12',
      '   rewritten by "(.*)" → "hub/$1", certificate verified, no credentials',
      '2. https://registry-1.docker.io/v2/library/python/manifests/3.12',
      '   default endpoint, certificate verified, no credentials',
      '',
    ]);
    const { document } = await runJson(
      'k3s-registries-explain',
      ['k3s-registries', '--explain', 'registry.example.com/axion/api:1'],
      { cwd: folder.directory },
    );
    expect(document.endpoints).toEqual([expect.objectContaining({ username: 'robot$axion+pull', isDefault: true })]);
  });

  it.each(['-x', 'https://a/b', 'a//b', 'A', '$(id)', 'a\nb'])('rejects %j: exit 2', async (image) => {
    await using folder = await project();
    const { code } = await objdocker(['k3s-registries', `--explain=${image}`], { cwd: folder.directory });
    expect(code).toBe(2);
  });
});

it('the registries.yaml of the example is generated from its config.yaml', async () => {
  const folder = join(ROOT, 'examples/k3s');
  const env = { PULL_PASSWORD: 'not-a-real-password', HARBOR_PASSWORD: undefined };
  const { code, stdout, stderr } = await objdocker(['k3s-registries'], { cwd: folder, env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('copy the file to that path on each') });
  expect(stdout).toBe(await readFile(join(folder, 'registries.yaml'), 'utf8'));
});

it('objdocker/k3s works as a separate library', async () => {
  await using folder = await createProject({
    'use.mjs': `
      import { ObjBuildRunnerK3s } from 'objdocker/k3s';
      import { loadConfig } from 'objdocker';
      const config = await loadConfig('config.yaml', { env: { PULL_PASSWORD: 'secret' } });
      const { yaml, summary } = await new ObjBuildRunnerK3s().generate([config.selectPackage()]);
      console.log(JSON.stringify({ yaml, summary }));
    `,
    'config.yaml': CONFIG,
  });
  await mkdir(folder.path('node_modules'));
  await symlink(ROOT, folder.path('node_modules/objdocker'));
  const { spawnSync } = await import('node:child_process');
  const { stdout, stderr } = spawnSync(process.execPath, ['use.mjs'], { cwd: folder.directory, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({ yaml: '***', summary: { configs: [{ username: 'robot$axion+pull' }] } });
});
