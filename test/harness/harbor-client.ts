import type { HarborApiOptions } from '../../src/harbor/client/harbor-api.ts';
import { type Harbor, openHarbor } from '../../src/harbor/harbor.ts';
import { createHttpClient } from '../../src/lib/http/client.ts';
import { Secret } from '../../src/lib/secret.ts';
import { type RecordedRoutes, type Respond, recorded } from './registry-server.ts';

/** A Harbor client for a server of a test: the recorded administrator, direct connections, waits of a millisecond. */
export function openTestHarbor(
  origin: string,
  options: Partial<Omit<HarborApiOptions, 'url' | 'http'>> = {},
): Harbor & AsyncDisposable {
  const http = createHttpClient({ env: {} });
  const harbor = openHarbor({
    url: origin,
    http,
    login: { username: 'admin', password: new Secret('Harbor12345') },
    ...options,
    retry: { baseMs: 1, ...options.retry },
  });
  return {
    ...harbor,
    async [Symbol.asyncDispose]() {
      await harbor.close();
      await http.close();
    },
  };
}

/** Serves recorded responses. Paths are below `/api/v2.0`: `GET /projects/axion`. Every login is the administrator's. */
export function recordedHarbor(routes: RecordedRoutes): Respond {
  const below = Object.entries({ 'GET /users/current': '005-users-current-admin', ...routes });
  return recorded(Object.fromEntries(below.map(([route, name]) => [route.replace(' ', ' /api/v2.0'), name])));
}

/** Collects the items of an async iterable. */
export async function collect<T>(list: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of list) items.push(item);
  return items;
}
