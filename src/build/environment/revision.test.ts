import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemEnvironment } from '../../lib/environment.ts';
import { findRevision, revisionText } from './revision.ts';

const environment = systemEnvironment();
let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'revision-')));
});
afterEach(() => rmSync(folder, { recursive: true }));

function git(...args: string[]): string {
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', ['-C', folder, ...identity, ...args], { encoding: 'utf8' }).trim();
}

function commit(): string {
  git('init', '--quiet');
  mkdirSync(join(folder, 'context'));
  writeFileSync(join(folder, 'context', 'file'), '1');
  writeFileSync(join(folder, 'outside'), '1');
  git('add', '.');
  git('commit', '--quiet', '-m', 'first');
  return git('rev-parse', 'HEAD');
}

const context = () => join(folder, 'context');
const revision = async () => {
  const found = await findRevision(context(), { environment });
  return found.revision === undefined ? found : revisionText(found.revision);
};

it('is the commit of a clean folder', async () => {
  const head = commit();
  expect(await revision()).toBe(head);
  writeFileSync(join(folder, 'outside'), '2');
  expect(await revision()).toBe(head);
});

it('is dirty when a file is changed or untracked', async () => {
  const head = commit();
  writeFileSync(join(context(), 'new'), '1');
  expect(await revision()).toBe(`${head}-dirty`);
  rmSync(join(context(), 'new'));
  writeFileSync(join(context(), 'file'), '2');
  expect(await revision()).toBe(`${head}-dirty`);
});

describe('without a commit it says why', () => {
  const why = (text: string) => `the commit of ${context()} is not known: ${text}`;
  const because = (text: string) => ({ reason: { message: why(text) } });

  it('no repository, or no commit yet, which is normal', async () => {
    mkdirSync(context());
    expect(await revision()).toMatchObject({ ...because('it is in no Git repository'), isNormal: true });
    git('init', '--quiet');
    expect(await revision()).toMatchObject({ ...because('its Git repository has no commit yet'), isNormal: true });
  });

  it('no git', async () => {
    const found = await findRevision(folder, { environment: { ...environment, env: { PATH: '/nowhere' } } });
    expect(found).toMatchObject({
      isNormal: false,
      reason: { message: expect.stringContaining('git is not installed') },
    });
  });

  it('a repository whose other half is gone', async () => {
    commit();
    rmSync(join(folder, '.git'), { recursive: true });
    writeFileSync(join(folder, '.git'), 'gitdir: /nowhere/worktrees/this\n');
    expect(await revision()).toMatchObject({
      ...because('not a git repository: /nowhere/worktrees/this'),
      isNormal: false,
    });
  });

  it.runIf(process.getuid?.() === 0)('a repository of another owner, in any language', async () => {
    commit();
    execFileSync('chown', ['-R', '65534:65534', folder]);
    // A configuration of the machine must not trust every folder.
    const env = { ...environment.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null', LANG: 'de_DE' };
    expect(await findRevision(context(), { environment: { ...environment, env } })).toEqual({
      reason: {
        message: why('Git refuses a repository of another owner ("dubious ownership")'),
        hint: `Trust it: git config --global --add safe.directory ${folder}`,
      },
      isNormal: false,
    });
  });
});
