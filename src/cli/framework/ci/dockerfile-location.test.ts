import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadConfig } from '../../../config/load.ts';
import { dockerfileLocation } from './dockerfile-location.ts';

let root: string;
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'location-')));
  await mkdir(join(root, 'services', 'backend'), { recursive: true });
});
afterEach(() => rm(root, { recursive: true }));

async function locationOf(dockerfile: string): Promise<string | undefined> {
  const file = join(root, 'services', 'backend', 'config.yaml');
  const registry = '{ type: plain, host: registry.example.com }';
  await writeFile(
    file,
    `demo: { deployment: { registry: ${registry}, image: { repository: demo, dockerfile: ${dockerfile} } } }\n`,
  );
  const config = await loadConfig(file);
  return (await dockerfileLocation(config.selectPackage())).location;
}

it('is the path from the root of the repository, wherever config.yaml is', async () => {
  await mkdir(join(root, '.git'));
  await writeFile(join(root, 'services', 'Dockerfile'), 'FROM scratch\n');
  expect(await locationOf('Dockerfile')).toBe('services/backend/Dockerfile');
  expect(await locationOf('../Dockerfile')).toBe('services/Dockerfile');
});

it('is that of the worktree or the submodule that the file is in', async () => {
  await mkdir(join(root, '.git'));
  await writeFile(join(root, 'services', '.git'), 'gitdir: elsewhere\n');
  expect(await locationOf('Dockerfile')).toBe('backend/Dockerfile');
});

it('is the path behind a link, which a code host has', async () => {
  await mkdir(join(root, '.git'));
  await mkdir(join(root, 'docker'));
  await writeFile(join(root, 'docker', 'Dockerfile'), 'FROM scratch\n');
  await symlink('../../docker', join(root, 'services', 'backend', 'linked'));
  expect(await locationOf('linked/Dockerfile')).toBe('docker/Dockerfile');
});

it('is the path from config.yaml without a repository, and none outside of it', async () => {
  expect(await locationOf('build/Dockerfile')).toBe('build/Dockerfile');
  expect(await locationOf('../Dockerfile')).toBeUndefined();
});
