import type { HttpResponse } from '../lib/http/client.ts';
import { asRecord } from '../lib/json.ts';

/** Some registries reject larger pages. */
const PAGE_SIZE = 100;

/** Reads a page of a tag list by its path. Undefined when there is no such repository. */
export type FetchTagPage = (path: string) => Promise<HttpResponse | undefined>;

/** Yields the tags of a repository, page by page. A registry without pagination sends all at once. */
export async function* readTags(repository: string, fetchPage: FetchTagPage): AsyncGenerator<string, void, void> {
  const seen = new Set<string>();
  let next: string | undefined =
    `/v2/${repository.split('/').map(encodeURIComponent).join('/')}/tags/list?n=${PAGE_SIZE}`;
  while (next !== undefined) {
    const response: HttpResponse | undefined = await fetchPage(next);
    if (response === undefined) return;
    const before = seen.size;
    for (const tag of tagsOf(response)) {
      if (seen.has(tag)) continue;
      seen.add(tag);
      yield tag;
    }
    // Without this, reading from a server that repeats a page would never end.
    next = seen.size === before ? undefined : nextPage(response);
  }
}

function tagsOf(response: HttpResponse): string[] {
  const tags = asRecord(response.json())?.tags;
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
}

/** The path of the `Link` to the next page, on the same server and no other. */
function nextPage({ headers, url }: HttpResponse): string | undefined {
  const [, target] = /<([^>]*)>\s*;\s*rel="?next"?/i.exec(headers.link ?? '') ?? [];
  if (target === undefined || !URL.canParse(target, url.href)) return undefined;
  const next = new URL(target, url);
  return next.origin === url.origin ? next.pathname + next.search : undefined;
}
