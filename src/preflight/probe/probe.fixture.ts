import { afterEach } from 'vitest';
import {
  basicOf,
  type RecordedRoutes,
  type SeenRequest,
  type TestServer,
} from '../../../test/harness/registry-server.ts';
import { createHttpClient, type HttpClientOptions } from '../../lib/http/client.ts';
import { Secret } from '../../lib/secret.ts';
import type { ProbeTarget } from './context.ts';
import { probeRegistry } from './probe.ts';
import type { ProbeReport } from './report.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

export function keep(server: TestServer): TestServer {
  open.push(server);
  return server;
}

export const ADMIN = { username: 'admin', password: new Secret('Harbor12345') };

export async function probe(
  url: string,
  target: Partial<ProbeTarget> = {},
  http: Partial<HttpClientOptions> = {},
): Promise<ProbeReport> {
  const client = createHttpClient({ env: {}, ...http });
  try {
    return await probeRegistry(
      { url, host: new URL(url).host, type: 'harbor', ...target },
      { http: client, timeoutMs: 3_000 },
    );
  } finally {
    await client.close();
  }
}

const isAdmin = (request: SeenRequest) => basicOf(request) === 'admin:Harbor12345';

/** Recorded responses of Harbor v2.9.5 to its administrator. */
export const HARBOR: RecordedRoutes = {
  'GET /api/v2.0/health': '002-health',
  'GET /api/v2.0/systeminfo': (request) => (isAdmin(request) ? '004-systeminfo-admin' : '003-systeminfo-anon'),
  'GET /api/v2.0/users/current': (request) =>
    isAdmin(request) ? '005-users-current-admin' : '006-users-current-wrong-password',
  'GET /api/v2.0/projects/axion': '022-project-get',
  'GET /v2/': '380-v2-anonymous',
  'GET /service/token': (request) => (isAdmin(request) ? '383-token' : '384-token-wrong-password'),
};

export const AXION = { credentials: ADMIN, project: 'axion', repository: 'python' };

/** Level and code of each finding. */
export function gist(report: ProbeReport): string[] {
  return report.findings.map(({ level, code }) => `${level} ${code}`);
}
