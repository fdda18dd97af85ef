import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadDockerfile } from './load-dockerfile.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dockerfile-'));
  await writeFile(join(folder, 'axion.dockerfile'), 'FROM scratch AS app\n');
});
afterAll(() => rm(folder, { recursive: true }));

it('reads a Dockerfile', async () => {
  expect((await loadDockerfile(join(folder, 'axion.dockerfile'))).leaves).toHaveLength(1);
});

it('says which file is missing, and which one is near', async () => {
  const missing = loadDockerfile(join(folder, 'axon.dockerfile'));
  await expect(missing).rejects.toMatchObject({
    code: 'DOCKERFILE_NOT_FOUND',
    message: `cannot read the Dockerfile ${join(folder, 'axon.dockerfile')}: there is no such file`,
    hint: expect.stringContaining(`Did you mean ${join(folder, 'axion.dockerfile')}?`),
  });
  await expect(loadDockerfile(join(folder, 'no', 'Dockerfile'))).rejects.toMatchObject({
    hint: expect.stringContaining(`${join(folder, 'no')} does not exist`),
  });
  await expect(loadDockerfile(folder)).rejects.toMatchObject({ message: expect.stringContaining('it is a folder') });
});
