import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemEnvironment } from '../../../lib/environment.ts';
import { openContext } from './context.ts';
import { attributeReader } from './xattrs.ts';

const environment = systemEnvironment();
/** `lsetxattr`, for the test: neither Node nor Debian's essential packages have a command for it. */
const SET = { x64: 189, arm64: 6 }[process.arch as 'x64'];
const SCRIPT =
  'exit(syscall(shift() + 0, $ARGV[0], $ARGV[1], pack("H*", $ARGV[2]), length($ARGV[2]) / 2, 0) == 0 ? 0 : 1)';
const CAPABILITY = '0100000200040000000000000000000000000000';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'context-xattrs-'));
  await mkdir(join(folder, 'dir'));
  await writeFile(join(folder, 'dir/file'), '');
  await writeFile(join(folder, 'new\nline'), '');
});
afterEach(() => rm(folder, { recursive: true }));

async function set(path: string, name: string, value: string): Promise<void> {
  const hex = /^[0-9a-f]{40}$/.test(value) ? value : Buffer.from(value).toString('hex');
  await promisify(execFile)('perl', ['-e', SCRIPT, String(SET), join(folder, path), name, hex]);
}

/** Whether perl is there, and the file system of temporary files has attributes. */
const works = await (async () => {
  folder = await mkdtemp(join(tmpdir(), 'context-xattrs-'));
  await writeFile(join(folder, 'file'), '');
  const done = await set('file', 'user.test', '1').then(
    () => true,
    () => false,
  );
  await rm(folder, { recursive: true });
  return done;
})();

describe.skipIf(!works)('extended attributes', () => {
  it('are read of files and folders, except those that BuildKit does not count', async () => {
    await set('dir', 'user.one', 'value');
    await set('dir/file', 'user.b', '');
    await set('dir/file', 'user.a', 'two words\n');
    await set('new\nline', 'user.com.apple', 'x');
    const read = attributeReader(environment);
    const paths = ['dir', 'dir/file', 'gone', 'new\nline'];
    const found = await read?.(folder, paths, undefined);
    const hex = (text: string) => Buffer.from(text).toString('hex');
    expect(Object.fromEntries(found ?? [])).toEqual({
      dir: [`${hex('user.one')}=${hex('value')}`],
      'dir/file': [`${hex('user.a')}=${hex('two words\n')}`, `${hex('user.b')}=`],
      'new\nline': [`${hex('user.com.apple')}=${hex('x')}`],
    });
  });

  it('change the digest', async () => {
    const digests = async () => {
      const options = { environment, dockerfile: '/none', excluded: [], cacheFolder: '/proc/none' };
      const reader = await openContext(folder, options);
      const { entries } = await reader.take([{ path: 'dir', exclude: [], parents: false, wildcards: true }]);
      return entries.map(({ digest }) => digest);
    };
    const before = await digests();
    await set('dir/file', 'user.one', '1');
    const after = await digests();
    expect([after[0] === before[0], after[1] === before[1]]).toEqual([true, false]);
    await set('dir/file', 'user.one', '2');
    expect((await digests())[1]).not.toBe(after[1]);
  });

  it.skipIf(process.getuid?.() !== 0)('of the kernel count when they give capabilities', async () => {
    await set('dir/file', 'security.capability', CAPABILITY);
    const found = await attributeReader(environment)?.(folder, ['dir/file'], undefined);
    expect(found?.get('dir/file')).toEqual([`${Buffer.from('security.capability').toString('hex')}=${CAPABILITY}`]);
  });
});

it('are not read without Linux and perl', () => {
  expect(attributeReader(environment, 'darwin')).toBeUndefined();
  expect(attributeReader({ ...environment, env: { PATH: '' } })).toBeUndefined();
});
