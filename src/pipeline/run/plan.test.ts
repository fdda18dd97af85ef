import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { systemEnvironment } from '../../lib/environment.ts';
import { planRun } from './plan.ts';

const RUN = 'objdocker-20260531T081500Z-3f9a1c2b7d4e';

test('recovers the repositories of all services, also when it builds only some', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'objdocker-plan-'));
  try {
    const registry = { type: 'harbor', host: 'registry.test', project: 'axion' };
    const image = { repository: 'shop', tag: '1.0', dockerfile: 'Dockerfile' };
    await writeFile(join(folder, 'config.yaml'), JSON.stringify({ shop: { deployment: { registry, image } } }));
    await writeFile(join(folder, 'Dockerfile'), 'FROM scratch AS base\nFROM base AS api\nFROM base AS worker\n');
    const pkg = (await loadConfig(join(folder, 'config.yaml'), { env: {} })).selectPackage('shop');
    const { signal } = new AbortController();
    const plan = {
      run: RUN,
      tags: ['2.0', 'latest'],
      options: { services: ['api'] },
      environment: systemEnvironment(),
      signal,
    };
    const { images, repositories } = await planRun(pkg, plan);
    expect(images).toMatchObject([
      {
        reference: 'registry.test/axion/api-shop:2.0',
        staged: `registry.test/axion/api-shop:${RUN}`,
        publicTags: [
          { tag: '2.0', reference: 'registry.test/axion/api-shop:2.0' },
          { tag: 'latest', reference: 'registry.test/axion/api-shop:latest' },
        ],
      },
    ]);
    for (const tag of ['release-3', 'before-3', 'buildcache', 'objdocker-mine'])
      await expect(planRun(pkg, { ...plan, tags: [tag] }), tag).rejects.toMatchObject({ code: 'REFERENCE_INVALID' });
    expect(repositories).toEqual(['axion/api-shop', 'axion/worker-shop']);
    await expect(planRun(pkg, { ...plan, tags: ['2.0', RUN] })).rejects.toMatchObject({ code: 'REFERENCE_INVALID' });
    await expect(planRun(pkg, { ...plan, tags: [''] })).rejects.toMatchObject({ code: 'REFERENCE_INVALID' });
  } finally {
    await rm(folder, { recursive: true });
  }
});
