import { expect, test } from 'vitest';
import { serve } from '../../test/harness/registry-server.ts';
import { createHttpClient } from '../lib/http/client.ts';
import { openRegistry } from './registry.ts';

type TestResponse = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** Lists the tags of a registry; returns them and the requested URLs. */
async function listing(
  respond: (url: string, origin: string) => TestResponse,
): Promise<{ tags: string[]; requested: string[] }> {
  await using server = await serve(({ url }, origin) => respond(url, origin));
  const http = createHttpClient({ env: {} });
  const tags: string[] = [];
  try {
    for await (const tag of openRegistry({ url: server.origin, http }).listTags('team/api')) tags.push(tag);
  } finally {
    await http.close();
  }
  return { tags, requested: server.seen.map(({ url }) => url) };
}

const page = (tags: unknown, link?: string): TestResponse => ({
  status: 200,
  ...(link === undefined ? {} : { headers: { link } }),
  body: JSON.stringify({ name: 'team/api', tags }),
});

test('follows the Link header from page to page, and yields each tag once', async () => {
  const { tags, requested } = await listing((url) =>
    url.includes('last=b') ? page(['b', 'c']) : page(['a', 'b'], '</v2/team/api/tags/list?last=b&n=100>; rel="next"'),
  );
  expect(tags).toEqual(['a', 'b', 'c']);
  expect(requested).toEqual(['/v2/team/api/tags/list?n=100', '/v2/team/api/tags/list?last=b&n=100']);
});

test.each([
  ['a missing repository', { status: 404, body: '{"errors":[{"code":"NAME_UNKNOWN"}]}' }, []],
  ['a repository without tags', page(null), []],
  ['a response that is not JSON', { status: 200, body: '<html>' }, []],
  ['a link to another host, which gets no request', page(['a'], '<http://127.0.0.1:1/v2/x>; rel="next"'), ['a']],
])('lists the tags of %s', async (_, response, tags) => {
  expect((await listing(() => response)).tags).toEqual(tags);
});

test('stops when the registry returns the same page again', async () => {
  const { tags, requested } = await listing(() => page(['a'], '</v2/team/api/tags/list?n=100>; rel="next"'));
  expect(tags).toEqual(['a']);
  expect(requested).toHaveLength(2);
});

test('throws when the registry refuses the request', async () => {
  await expect(listing(() => ({ status: 401 }))).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' });
});
