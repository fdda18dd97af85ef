import * as z from 'zod';
import { parseJson } from '../../lib/json.ts';
import { matchesPattern } from './pattern.ts';

/** A condition of a rule on the names of repositories or tags. */
export interface Selector {
  readonly excludes: boolean;
  readonly pattern: string;
  /** Whether it selects untagged artifacts, or with `excludes`, leaves them out. Of tags only. */
  readonly untagged: boolean;
}

/** An artifact by its names. */
export interface NamedArtifact {
  /** Without the project. */
  readonly repository: string;
  readonly tags: readonly string[];
}

export const selectorSchema = z.looseObject({
  decoration: z.string().nullish(),
  pattern: z.string().nullish(),
  /** JSON: `{"untagged":true}`. */
  extras: z.string().nullish(),
});

const extrasSchema = z.looseObject({ untagged: z.boolean() });

/** Reads selectors as Harbor does. */
export function readSelectors(given: readonly z.infer<typeof selectorSchema>[] | null | undefined): Selector[] {
  return (given ?? []).map(({ decoration, pattern, extras }) => {
    const excludes = decoration === 'excludes' || decoration === 'repoExcludes';
    const { data } = extrasSchema.safeParse(parseJson(extras ?? ''));
    return { excludes, pattern: pattern ?? '', untagged: data?.untagged ?? !excludes };
  });
}

/**
 * Whether a selector applies to something with these names: one of them matches or, with `excludes`, does not match.
 *
 * @returns undefined for a pattern that Harbor rejects
 */
export function selects({ excludes, pattern, untagged }: Selector, names: readonly string[]): boolean | undefined {
  if (names.length === 0) return excludes !== untagged;
  const matches = names.map((name) => matchesPattern(pattern, name));
  return matches.includes(undefined) ? undefined : matches.some((each) => each !== excludes);
}
