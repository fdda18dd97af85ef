import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { type Environment, systemEnvironment } from '../../lib/environment.ts';
import { cancelled } from '../../lib/operation.ts';
import { openRunRegistry } from './open-registry.ts';

test.each(['harbor', 'plain'])('cancels a credential helper that never responds (%s)', async (type) => {
  const folder = await mkdtemp(join(tmpdir(), 'objdocker-open-'));
  try {
    const registry = { type, host: 'registry.test', ...(type === 'harbor' ? { project: 'axion' } : {}) };
    const config = {
      shop: { deployment: { registry, image: { repository: 'shop', tag: '1.0', dockerfile: 'Dockerfile' } } },
    };
    await writeFile(join(folder, 'config.yaml'), JSON.stringify(config));
    await writeFile(join(folder, 'config.json'), JSON.stringify({ credsStore: 'slow' }));
    const cancel = new AbortController();
    const environment: Environment = {
      ...systemEnvironment(),
      env: { DOCKER_CONFIG: folder },
      exec: (_program, _args, options) =>
        new Promise((_, reject) => {
          const signal = options?.signal;
          signal?.addEventListener('abort', () => reject(cancelled(signal)));
          setTimeout(() => cancel.abort(), 1);
        }),
    };
    const pkg = (await loadConfig(join(folder, 'config.yaml'), { env: {} })).selectPackage('shop');
    const opening = openRunRegistry({
      pkg,
      environment,
      progress: { warn: () => {} },
      signal: cancel.signal,
    });
    await expect(opening).rejects.toMatchObject({ code: 'CANCELLED' });
  } finally {
    await rm(folder, { recursive: true });
  }
});
