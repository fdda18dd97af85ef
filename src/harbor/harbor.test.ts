import { expect, test } from 'vitest';
import { recorded, serve } from '../../test/harness/registry-server.ts';
// Only from the entry point of `objdocker/harbor`: a program has nothing else.
import { createHttpClient, openHarbor, type Repository, Secret } from './harbor.ts';

test('objdocker/harbor exports what a program needs to read a Harbor', async () => {
  await using server = await serve(
    recorded({
      'GET /api/v2.0/users/current': '005-users-current-admin',
      'GET /api/v2.0/projects/axion/repositories/python': '053-repository-get',
    }),
  );
  const http = createHttpClient({ env: {} });
  const login = { username: 'admin', password: new Secret('right') };
  const harbor = openHarbor({ url: server.origin, login, http });
  try {
    const repository: Repository = await harbor.project('axion').repository('python').get();
    expect(repository.name).toBe('python');
  } finally {
    await http.close();
  }
});
