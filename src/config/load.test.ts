import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, open, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { minimal } from '../../test/harness/config-text.ts';
import { findConfig, loadConfig } from './load.ts';
import { checkConfig } from './validation/check-config.ts';

let folder: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'objdocker-config-')));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('findConfig', () => {
  it('finds the nearest file in the folders above, and ignores folders with its name', async () => {
    const deep = join(folder, 'a', 'b', 'c');
    await mkdir(join(deep, 'config.yaml'), { recursive: true });
    await writeFile(join(folder, 'a', 'config.yaml'), minimal());
    expect(await findConfig(deep)).toBe(join(folder, 'a', 'config.yaml'));
  });

  it('names the start folder when there is no file', async () => {
    await expect(findConfig('/proc/self')).rejects.toMatchObject({
      code: 'CONFIG_NOT_FOUND',
      message: 'there is no config.yaml in "/proc/self" or any folder above it',
      hint: expect.stringContaining('--config'),
    });
  });
});

describe('loadConfig', () => {
  it('resolves paths relative to the folder of the file', async () => {
    const path = await file('good.yaml', minimal());
    const pkg = (await loadConfig(path, { env: {} })).selectPackage();
    expect(pkg).toMatchObject({ configFile: path, directory: folder });
    expect(pkg.image.dockerfile).toBe(join(folder, 'Dockerfile'));
  });

  it('expands variables from the environment of the process by default', async () => {
    const path = await file('own-environment.yaml', minimal().replace('tag: "1"', 'tag: "x${PATH}"'));
    const config = await loadConfig(path);
    expect(() => config.selectPackage().image.tag).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('stops waiting for a pipe without a writer when its signal aborts', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const loading = loadConfig(pipe, { signal: AbortSignal.timeout(50) });
    await expect(loading).rejects.toMatchObject({ code: 'CANCELLED' });
    // Lets go of the open that still waits.
    await (await open(pipe, 'r+')).close();
  });

  it('accepts a byte order mark and Windows line ends', async () => {
    const path = await file('windows.yaml', `\ufeff${minimal().replaceAll('\n', '\r\n')}`);
    expect((await loadConfig(path, { env: {} })).selectPackage().image.tag).toBe('1');
  });

  it.each([
    ['an absent file', () => join(folder, 'none.yaml'), 'does not exist'],
    ['a file below a file', () => join(folder, 'good.yaml', 'x'), 'does not exist'],
    ['a folder', () => folder, 'is a folder'],
    ['a name that is too long', () => join(folder, 'x'.repeat(10_000)), 'its name is too long'],
    ['a name with a NUL', () => `${folder}/a\0b`, 'cannot be read'],
  ])('refuses %s', async (_name, path, message) => {
    await expect(loadConfig(path(), { env: {} })).rejects.toMatchObject({
      code: 'CONFIG_NOT_FOUND',
      message: expect.stringContaining(message),
    });
  });

  it.each([
    ['bytes that are not UTF-8', new Uint8Array([0x61, 0x3a, 0x20, 0xff, 0xfe]), 'not UTF-8'],
    ['more than four megabytes', new Uint8Array(4 * 1024 * 1024 + 1).fill(0x20), 'larger than 4 MiB'],
    ['NUL bytes', new Uint8Array(100), 'problem'],
  ])('refuses %s', async (_name, content, message) => {
    const path = await file('odd.yaml', content);
    const error = await loadConfig(path, { env: {} }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', details: { issues: [{ file: path, line: 1 }] } });
    if (message !== 'problem') expect(error.message).toContain(message);
  });

  it('reads an endless file only up to the size limit', async () => {
    await expect(loadConfig('/dev/zero', { env: {} })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('checkConfig', () => {
  it('returns syntax errors as issues, and throws when the file does not exist', async () => {
    const path = await file('tab.yaml', 'a:\n\tb: 1\n');
    expect(await checkConfig(path, { env: {} })).toMatchObject([{ severity: 'error', file: path, line: 2, column: 1 }]);
    await expect(checkConfig(join(folder, 'none.yaml'), { env: {} })).rejects.toMatchObject({
      code: 'CONFIG_NOT_FOUND',
    });
  });

  it('finds the issues of all packages', async () => {
    const text = `${minimal({ registry: '      prot: 1' })}other:\n  deployment: { registry: {}, image: {} }\n`;
    const issues = await checkConfig(await file('two.yaml', text), { env: {}, strict: true });
    expect(issues.map(({ package: name, path }) => [name, path])).toEqual([
      ['shop', 'shop.deployment.registry.prot'],
      ['other', 'other.deployment.registry.type'],
      ['other', 'other.deployment.registry.host'],
      ['other', 'other.deployment.image.repository'],
      ['other', 'other.deployment.image.dockerfile'],
    ]);
  });
});
