import * as z from 'zod';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import { projectPath } from '../refs.ts';
import { type NamedArtifact, readSelectors, type Selector, selectorSchema, selects } from './selector.ts';

/** A rule that makes tags immutable: they can neither be moved nor removed. */
export interface ImmutableRule {
  readonly disabled: boolean;
  readonly repositories: readonly Selector[];
  readonly tags: readonly Selector[];
}

const rulesSchema = z.array(
  z.looseObject({
    disabled: z.boolean().nullish(),
    tag_selectors: z.array(selectorSchema).nullish(),
    scope_selectors: z.looseObject({ repository: z.array(selectorSchema).nullish() }).nullish(),
  }),
);

/**
 * The tag immutability rules of a project.
 *
 * @throws {ObjDockerError} REGISTRY_FORBIDDEN
 */
export async function listImmutableRules(
  api: HarborApi,
  project: string,
  options: RequestOptions = {},
): Promise<readonly ImmutableRule[]> {
  const rules = await api.read(
    rulesSchema,
    {
      path: `${projectPath(project)}/immutabletagrules`,
      // A project has at most 15 rules.
      query: { page_size: 100 },
      doing: `read the tag immutability rules of ${project}`,
      permission: 'immutable-tag:list',
      project,
    },
    options,
  );
  return rules.map(({ disabled, tag_selectors, scope_selectors }) => ({
    disabled: disabled === true,
    repositories: readSelectors(scope_selectors?.repository),
    tags: readSelectors(tag_selectors),
  }));
}

/** Whether a rule makes one of the artifact's tags immutable. Harbor reads the first selector of each kind only. */
export function isImmutable(rules: readonly ImmutableRule[], { repository, tags }: NamedArtifact): boolean {
  return rules.some((rule) => {
    const [onRepository, onTags] = [rule.repositories[0], rule.tags[0]];
    if (rule.disabled || onRepository === undefined || onTags === undefined || tags.length === 0) return false;
    return selects(onRepository, [repository]) === true && selects(onTags, tags) === true;
  });
}
