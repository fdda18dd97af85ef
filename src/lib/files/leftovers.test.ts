import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeAtomically } from './files.ts';
import { makeTempFolder, temporaryNameFor } from './leftovers.ts';

let temp: string;

beforeEach(async () => {
  temp = await mkdtemp(join(tmpdir(), 'leftovers-'));
});

afterEach(() => rm(temp, { recursive: true }));

/** A process that runs this code with the functions of the module, and is gone when this returns. */
async function inAnotherProcess(code: string): Promise<string> {
  const module = new URL('./leftovers.ts', import.meta.url).href;
  const script = `import { makeTempFolder, temporaryNameFor } from ${JSON.stringify(module)}; ${code}`;
  const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', script];
  return (await promisify(execFile)(process.execPath, args)).stdout.trim();
}

const folderOfAnotherProcess = (purpose: string) =>
  inAnotherProcess(`console.log(await makeTempFolder(${JSON.stringify(temp)}, '${purpose}'))`);

describe('a temporary folder', () => {
  it('is private to the user', async () => {
    const { mode } = await stat(await makeTempFolder(temp, 'docker'));
    expect(mode & 0o777).toBe(0o700);
  });

  it('is removed with its content by the next process when its own was killed', async () => {
    const left = [await folderOfAnotherProcess('docker')];
    await writeFile(join(left[0] ?? '', 'config.json'), 'password');
    expect(await readdir(temp)).toEqual(left.map((path) => basename(path)));
    const own = await makeTempFolder(temp, 'build');
    expect(await readdir(temp)).toEqual([basename(own)]);
  });

  it('stays while its process runs', async () => {
    const own = [await makeTempFolder(temp, 'docker'), await makeTempFolder(temp, 'build')];
    await folderOfAnotherProcess('build');
    expect((await readdir(temp)).filter((name) => own.includes(join(temp, name)))).toHaveLength(2);
  });

  it('stays when its process cannot be looked up, and so do all other files', async () => {
    const [name = ''] = [basename(await folderOfAnotherProcess('docker'))];
    const elsewhere = name.replace(/-[0-9a-f]{8}-(?=[^-]+$)/, '-00000000-');
    expect(elsewhere).not.toBe(name);
    const others = [elsewhere, 'objdocker-cache', 'objdocker-docker-Ab12Cd', `other-${name}`];
    for (const other of others) await mkdir(join(temp, other));
    const own = await makeTempFolder(temp, 'docker');
    expect((await readdir(temp)).sort()).toEqual([...others, basename(own)].sort());
  });

  it('is not of the process that has its id now', async () => {
    const name = basename(await folderOfAnotherProcess('docker'));
    const reused = name.replace(/^(objdocker-docker-)\d+/, `$1${process.pid}`);
    await mkdir(join(temp, reused));
    const own = await makeTempFolder(temp, 'docker');
    expect(await readdir(temp)).toEqual([basename(own)]);
  });

  it('takes nothing with it that a link in it points to', async () => {
    const left = await folderOfAnotherProcess('docker');
    await mkdir(join(temp, 'plugins'));
    await writeFile(join(temp, 'plugins', 'buildx'), '');
    await symlink(join(temp, 'plugins'), join(left, 'cli-plugins'));
    await makeTempFolder(temp, 'docker');
    expect(await readdir(join(temp, 'plugins'))).toEqual(['buildx']);
  });
});

describe('a temporary file', () => {
  it('is removed by the next write to the same path when its own process was killed', async () => {
    const path = join(temp, 'registries.yaml');
    const left = await inAnotherProcess(`console.log(await temporaryNameFor(${JSON.stringify(path)}))`);
    await writeFile(left, 'half a password');
    const other = await temporaryNameFor(join(temp, 'result.json'));
    await writeFile(other, '');
    await writeAtomically(path, ['whole']);
    expect(readdirSync(temp).sort()).toEqual([basename(other), 'registries.yaml']);
  });
});
