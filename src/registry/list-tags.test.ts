import { expect, test } from 'vitest';
import { serve } from '../../test/harness/registry-server.ts';
import { createHttpClient } from '../lib/http/client.ts';
import { openRegistry } from './registry.ts';

type Answer = { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string };

/** The tags that a registry lists, and what it was asked. */
async function listing(answer: (url: string, origin: string) => Answer): Promise<{ tags: string[]; asked: string[] }> {
  await using server = await serve(({ url }, origin) => answer(url, origin));
  const http = createHttpClient({ env: {} });
  const tags: string[] = [];
  try {
    for await (const tag of openRegistry({ url: server.origin, http }).listTags('team/api')) tags.push(tag);
  } finally {
    await http.close();
  }
  return { tags, asked: server.seen.map(({ url }) => url) };
}

const page = (tags: unknown, link?: string): Answer => ({
  status: 200,
  ...(link === undefined ? {} : { headers: { link } }),
  body: JSON.stringify({ name: 'team/api', tags }),
});

test('goes from page to page by the Link, and yields each tag once', async () => {
  const { tags, asked } = await listing((url) =>
    url.includes('last=b') ? page(['b', 'c']) : page(['a', 'b'], '</v2/team/api/tags/list?last=b&n=100>; rel="next"'),
  );
  expect(tags).toEqual(['a', 'b', 'c']);
  expect(asked).toEqual(['/v2/team/api/tags/list?n=100', '/v2/team/api/tags/list?last=b&n=100']);
});

test.each([
  ['a repository that is not there', { status: 404, body: '{"errors":[{"code":"NAME_UNKNOWN"}]}' }, []],
  ['one without tags', page(null), []],
  ['an answer that is none', { status: 200, body: '<html>' }, []],
  ['a link to another host, which is asked nothing', page(['a'], '<http://127.0.0.1:1/v2/x>; rel="next"'), ['a']],
])('of %s', async (_, answer, tags) => {
  expect((await listing(() => answer)).tags).toEqual(tags);
});

test('a registry that gives the same page for ever is left', async () => {
  const { tags, asked } = await listing(() => page(['a'], '</v2/team/api/tags/list?n=100>; rel="next"'));
  expect(tags).toEqual(['a']);
  expect(asked).toHaveLength(2);
});

test('a refusal is an error', async () => {
  await expect(listing(() => ({ status: 401 }))).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' });
});
