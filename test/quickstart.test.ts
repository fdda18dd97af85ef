import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './harness/cli.ts';
import { docker, type SandboxEngine, startEngine } from './harness/sandbox.ts';
import { isLongTest } from './random.ts';

const run = promisify(execFile);

let engine: SandboxEngine;
let folder: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'objdocker-quickstart-'));
  const shared = process.env.OBJDOCKER_SANDBOX_DIR ?? `${process.env.HOME}/.local/share/objdocker/sandbox`;
  [engine] = await Promise.all([startEngine(), copyCheckout(join(folder, 'checkout'))]);
  env = {
    ...process.env,
    ...engine.env,
    OBJDOCKER_SANDBOX_DIR: join(folder, 'sandbox'),
    OBJDOCKER_SANDBOX_CACHE: process.env.OBJDOCKER_SANDBOX_CACHE ?? `${shared}/cache`,
  };
  for (const name of Object.keys(env)) if (/^OBJDOCKER_SANDBOX_(REGISTRY|HARBOR|BASE)/.test(name)) delete env[name];
});

afterAll(async () => {
  const leftovers = await Promise.allSettled([quickstart('--down')]);
  await engine?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
  expect(leftovers).toMatchObject([{ status: 'fulfilled' }]);
});

describe('script/quickstart with an engine that was there before', () => {
  it('releases the example through the pipeline, runs it, and names the report in the end', async () => {
    const { code, stdout, stderr } = await quickstart('--yes');
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });

    expect(await containers()).toHaveLength(6);
    expect(stdout).toMatch(/^meridian-api +POST \/quotes .*\n {2}201 \{/m);
    expect(stdout).toMatch(/^meridian-gateway +GET .*\n {2}200 \{/m);
    expect(stdout).toMatch(/^meridian-worker-homechoice +1 /m);
    expect(stdout).toMatch(/^PASSED: all 6 images/m);
    expect(stdout).toMatch(/CVE-2023-45853 .*zlib1g.*Debian builds zlib without MiniZip/);
    expect(stdout).toMatch(/^meridian-api +localhost:\d+\/axion\/meridian-api-homechoice:latest +built +sha256:/m);
    expect(stderr).toContain('These findings are samples');

    expect(stderr).toMatch(/^\+ +"currency": "ZAR",$/m);
    expect(stderr.match(/^replaced quickstart-\S+/gm)).toEqual(['replaced quickstart-meridian-api:']);
    expect(stderr.match(/^quickstart-\S+ runs on: its image is the same$/gm)).toHaveLength(5);
    expect(stdout).toMatch(/^meridian-api +POST \/quotes .*\n {2}201 \{.*"currency": "ZAR"/m);

    const [file = ''] = /^ {2}(\/.*\.html)$/m.exec(stderr)?.slice(1) ?? [];
    const report = await readFile(file, 'utf8');
    expect(report).toMatch(/^<!doctype html>/i);
    expect(report).toContain('CVE-2023-45853');
    expect(await git('ls-files', '--others', '--exclude-standard')).toBe('');

    const credentials = await readFile(join(folder, 'sandbox/harbors/default/credentials'), 'utf8');
    const passwords = credentials.split('\n').map((line) => line.slice(line.indexOf('=') + 1));
    for (const password of passwords.filter((text) => text !== '')) expect(stdout + stderr).not.toContain(password);
  });

  it.runIf(isLongTest)('pushes to a plain registry with --plain, and scans nothing (--long)', async () => {
    const { code, stdout, stderr } = await quickstart('--yes', '--plain');
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const images = await containers();
    expect(images).toHaveLength(6);
    for (const image of images) expect(image).toMatch(/^localhost:\d+\/meridian-[a-z]+-homechoice:latest$/);
    expect(stdout + stderr).not.toContain('harbor-');
  });

  it('removes what both have added, and nothing else', async () => {
    await docker(['tag', 'localhost/python:3.11-slim-bookworm', 'localhost/mine:1'], engine.env);
    const { code, stderr } = await quickstart('--down');
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });

    expect(await containers()).toEqual([]);
    expect(await docker(['images', '--format', '{{.Repository}}:{{.Tag}}'], engine.env)).toBe('localhost/mine:1');
    expect(await docker(['network', 'ls', '--quiet', '--filter', 'type=custom'], engine.env)).toBe('');
    expect(await readdir(folder)).toEqual(['checkout']);
    expect(await readdir(join(folder, 'checkout/examples/axion'))).not.toContain('reports');
    // These were there before.
    expect(await readdir(join(folder, 'checkout'))).toEqual(expect.arrayContaining(['dist', 'node_modules']));

    const { code: again, stderr: said } = await quickstart('--down');
    expect([again, said]).toEqual([0, 'The quickstart has added nothing: nothing to remove.\n']);
  });
});

it('names the arguments that it takes', async () => {
  const { code, stderr } = await quickstart('--plian');
  expect(code).toBe(2);
  expect(stderr).toBe("quickstart: unknown argument '--plian'\nhint: It takes --yes, --plain and --down.\n");
});

async function quickstart(...args: readonly string[]) {
  const child = spawn(join(folder, 'checkout/script/quickstart'), args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk) => (stderr += chunk));
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

/** The images of the example's containers. */
async function containers(): Promise<readonly string[]> {
  const filter = 'label=objdocker.quickstart';
  const lines = await docker(['ps', '--filter', filter, '--format', '{{.Image}}'], engine.env);
  return lines.split('\n').filter((line) => line !== '');
}

/**
 * A checkout of its own, for the quickstart writes into the one that it is in. Its node_modules are links, so that it could
 * not take away those of this one.
 */
async function copyCheckout(directory: string): Promise<void> {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
  for (const name of listed
    .toString()
    .split('\0')
    .filter((name) => name !== '')) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    const options = { preserveTimestamps: true, verbatimSymlinks: true };
    await cp(join(ROOT, name), join(directory, name), options).catch((error: NodeJS.ErrnoException) => {
      // A file that is deleted and not yet committed.
      if (error.code !== 'ENOENT') throw error;
    });
  }
  await cp(join(ROOT, 'dist'), join(directory, 'dist'), { recursive: true, preserveTimestamps: true });
  const modules = join(directory, 'node_modules');
  await mkdir(modules);
  for (const name of await readdir(join(ROOT, 'node_modules')))
    if (name !== '.objdocker-lock') await symlink(join(ROOT, 'node_modules', name), join(modules, name));
  await cp(join(ROOT, 'package-lock.json'), join(modules, '.objdocker-lock'));
  await run('git', ['init', '--quiet'], { cwd: directory });
  await run('git', ['add', '--all'], { cwd: directory });
}

async function git(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('git', args, { cwd: join(folder, 'checkout') });
  return stdout;
}
