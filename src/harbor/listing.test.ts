import { expect, test } from 'vitest';
import { collect, openTestHarbor } from '../../test/harness/harbor-client.ts';
import { type SeenRequest, serve, type TestResponse } from '../../test/harness/registry-server.ts';
import { createHttpClient, type HttpClient } from '../lib/http/client.ts';
import { openHarbor } from './harbor.ts';

const json = { 'content-type': 'application/json' };

/** A project whose repositories are listed as Harbor does: by offset, in the requested order. */
class FakeProject {
  repositories: { name: string; creation_time: string; update_time: string }[] = [];
  #pushed = 0;

  push(): void {
    const number = this.#pushed++;
    const time = new Date(Date.UTC(2026, 0, 1) + number * 37).toISOString();
    this.repositories.push({ name: `load/team-${number % 7}/app-${number}`, creation_time: time, update_time: time });
  }

  remove(index: number): void {
    this.repositories.splice(index % this.repositories.length, 1);
  }

  respond({ url }: SeenRequest): TestResponse {
    const { pathname, searchParams } = new URL(url, 'http://harbor');
    if (pathname.endsWith('/users/current')) return { status: 412, headers: json, body: '{"errors":[]}' };
    const page = Number(searchParams.get('page'));
    const size = Number(searchParams.get('page_size'));
    if (!(size >= 1 && size <= 100 && page >= 1)) return { status: 422, headers: json, body: '{"errors":[]}' };
    const oldestFirst = searchParams.get('sort')?.split(',')[0] === 'creation_time';
    const rows = oldestFirst ? this.repositories : this.repositories.toReversed();
    return {
      status: 200,
      headers: { ...json, 'x-total-count': String(rows.length) },
      body: JSON.stringify(rows.slice((page - 1) * size, page * size)),
    };
  }
}

function filled(size: number): FakeProject {
  const project = new FakeProject();
  for (let i = 0; i < size; i++) project.push();
  return project;
}

test('lists each of 1,215 repositories exactly once while others push and delete', async () => {
  const project = filled(1_215);
  let throughout = new Set(project.repositories.map(({ name }) => name));
  let step = 0;
  await using server = await serve(async (request) => {
    const response = project.respond(request);
    // As many are deleted as pushed, so the length of the list does not show it.
    for (let i = 0; i < 3; i++) {
      project.remove((step++ * 7919) % 1_200);
      project.push();
    }
    const now = new Set(project.repositories.map(({ name }) => name));
    throughout = new Set([...throughout].filter((name) => now.has(name)));
    return response;
  });
  await using harbor = openTestHarbor(server.origin);
  const warnings: string[] = [];
  const list = await collect(
    harbor.project('load').listRepositories({ onIncomplete: (reason) => warnings.push(reason) }),
  );
  const names = list.map(({ fullName }) => fullName);
  expect(new Set(names).size).toBe(names.length);
  expect([...throughout].filter((name) => !names.includes(name))).toEqual([]);
  expect(throughout.size).toBeGreaterThan(1_000);
  expect(warnings).toEqual([]);
});

test('reads a list that does not change with two requests more than its pages, four at once', async () => {
  const project = filled(1_215);
  await using server = await serve(async (request) => project.respond(request));
  const http = createHttpClient({ env: {} });
  let inFlight = 0;
  let mostInFlight = 0;
  const counted: HttpClient = {
    ...http,
    async request(url, request) {
      mostInFlight = Math.max(mostInFlight, ++inFlight);
      try {
        return await http.request(url, request);
      } finally {
        inFlight--;
      }
    },
  };
  const harbor = openHarbor({ url: server.origin, http: counted });
  const list = await collect(harbor.project('load').listRepositories());
  expect(list.map(({ fullName }) => fullName)).toEqual(project.repositories.map(({ name }) => name));
  const pages = server.seen.filter(({ url }) => url.includes('/repositories'));
  expect(pages).toHaveLength(13 + 2);
  expect(mostInFlight).toBe(4);
  await http.close();
});

test('cancels pending requests when the caller leaves', async () => {
  const project = filled(1_215);
  await using server = await serve(async (request) => project.respond(request));
  const http = createHttpClient({ env: {} });
  const signals: (AbortSignal | undefined)[] = [];
  const watched: HttpClient = {
    ...http,
    request(url, request) {
      signals.push(request?.signal);
      return http.request(url, request);
    },
  };
  const harbor = openHarbor({ url: server.origin, http: watched });
  let count = 0;
  for await (const _ of harbor.project('load').listRepositories()) if (++count === 250) break;
  // The pages that were needed, checks of the first and the last page, and four pages read ahead: not all 15.
  expect(signals.length).toBeLessThanOrEqual(9);
  expect(signals.every((signal) => signal?.aborted)).toBe(true);
  await http.close();
});

test('ends a list when its signal is aborted', async () => {
  const project = filled(1_215);
  const controller = new AbortController();
  await using server = await serve(async (request) => project.respond(request));
  await using harbor = openTestHarbor(server.origin);
  const reading = (async () => {
    let count = 0;
    for await (const _ of harbor.project('load').listRepositories({ signal: controller.signal })) {
      if (++count === 150) controller.abort();
    }
  })();
  await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' });
});
