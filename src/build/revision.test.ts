import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemEnvironment } from '../lib/environment.ts';
import { findRevision } from './revision.ts';

const environment = systemEnvironment();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'revision-'));
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

const revision = () => findRevision(join(folder, 'context'), { environment });

it('is the commit of a clean directory', async () => {
  const head = commit();
  expect(await revision()).toBe(head);
  writeFileSync(join(folder, 'outside'), '2');
  expect(await revision()).toBe(head);
});

it('is dirty when a file is changed or untracked', async () => {
  const head = commit();
  writeFileSync(join(folder, 'context', 'new'), '1');
  expect(await revision()).toBe(`${head}-dirty`);
  rmSync(join(folder, 'context', 'new'));
  writeFileSync(join(folder, 'context', 'file'), '2');
  expect(await revision()).toBe(`${head}-dirty`);
});

it('is undefined without a repository, a commit or git', async () => {
  mkdirSync(join(folder, 'context'));
  expect(await revision()).toBeUndefined();
  git('init', '--quiet');
  expect(await revision()).toBeUndefined();
  expect(await findRevision(folder, { environment: { ...environment, env: { PATH: '/nowhere' } } })).toBeUndefined();
});
