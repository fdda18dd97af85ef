import * as z from 'zod';
import type { HarborApi } from '../client/harbor-api.ts';
import { type ListOptions, listPages } from '../client/pages.ts';
import { formatRef, type RepositoryRef, repositoryPath } from '../refs.ts';

export interface ListTagsOptions extends ListOptions {
  /** Only tags whose name contains this text. Harbor filters their artifacts. */
  readonly containing?: string | undefined;
}

/** A tag of a repository, and the digest that it points to. */
export interface ListedTag {
  readonly name: string;
  readonly digest: string;
}

const rowSchema = z.looseObject({
  digest: z.string(),
  push_time: z.string(),
  tags: z.array(z.looseObject({ name: z.string() })).nullish(),
});

/**
 * The tags of a repository, sorted by the push time of their artifacts. A missing repository has none.
 *
 * @throws {ObjDockerError} REGISTRY_FORBIDDEN
 */
export async function* listTags(
  api: HarborApi,
  ref: RepositoryRef,
  { containing, ...options }: ListTagsOptions = {},
): AsyncGenerator<ListedTag, void, void> {
  const call = {
    path: `${repositoryPath(ref)}/artifacts`,
    query: {
      with_tag: true,
      sort: 'push_time,digest',
      ...(containing === undefined ? {} : { q: `tags=~${containing}` }),
    },
    doing: `list the tags of ${formatRef(ref)}`,
    permission: 'artifact:list' as const,
    project: ref.project,
    item: rowSchema,
    map: (row: z.infer<typeof rowSchema>) => row,
    keyOf: ({ digest }: z.infer<typeof rowSchema>) => digest,
    timeOf: ({ push_time }: z.infer<typeof rowSchema>) => push_time,
  };
  for await (const { digest, tags } of listPages(api, call, options)) {
    for (const { name } of tags ?? []) {
      if (containing === undefined || name.includes(containing)) yield { name, digest };
    }
  }
}
