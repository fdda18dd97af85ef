import * as z from 'zod';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import { type ImmutableRule, isImmutable } from './immutability.ts';
import { type NamedArtifact, readSelectors, type Selector, selectorSchema, selects } from './selector.ts';

/** A rule that keeps artifacts. */
export interface RetentionRule {
  readonly disabled: boolean;
  /** `always`, `latestPushedK`, `latestPulledN`, `nDaysSinceLastPush` or `nDaysSinceLastPull`. */
  readonly template: string;
  /** How many artifacts or days the template means; undefined for `always`. */
  readonly amount?: number;
  /** All of them must select the repository. */
  readonly repositories: readonly Selector[];
  /** All of them must select the artifact. */
  readonly tags: readonly Selector[];
}

/** The tag retention of a project. */
export interface RetentionPolicy {
  /** When Harbor runs it, as cron. Empty: only people start it. */
  readonly schedule: string;
  readonly rules: readonly RetentionRule[];
}

const policySchema = z.looseObject({
  rules: z
    .array(
      z.looseObject({
        disabled: z.boolean().nullish(),
        template: z.string().nullish(),
        params: z.record(z.string(), z.unknown()).nullish(),
        tag_selectors: z.array(selectorSchema).nullish(),
        scope_selectors: z.looseObject({ repository: z.array(selectorSchema).nullish() }).nullish(),
      }),
    )
    .nullish(),
  trigger: z.looseObject({ settings: z.looseObject({ cron: z.string().nullish() }).nullish() }).nullish(),
});

/**
 * The retention policy of a project, by the id in the project's settings.
 *
 * @throws {ObjDockerError} REGISTRY_FORBIDDEN
 */
export async function getRetentionPolicy(
  api: HarborApi,
  project: string,
  id: number,
  options: RequestOptions = {},
): Promise<RetentionPolicy> {
  const { rules, trigger } = await api.read(
    policySchema,
    {
      path: `/retentions/${id}`,
      doing: `read the tag retention of ${project}`,
      permission: 'tag-retention:read',
      project,
    },
    options,
  );
  return {
    schedule: trigger?.settings?.cron ?? '',
    rules: (rules ?? []).map(({ disabled, template, params, tag_selectors, scope_selectors }) => ({
      disabled: disabled === true,
      template: template ?? '',
      ...amountOf(params?.[template ?? '']),
      repositories: readSelectors(scope_selectors?.repository),
      tags: readSelectors(tag_selectors),
    })),
  };
}

function amountOf(value: unknown): { readonly amount?: number } {
  return typeof value === 'number' ? { amount: value } : {};
}

/** What retention does with an artifact: keeps it, keeps it until newer ones are pushed or some days pass, or deletes it. */
export type Retention = 'kept' | 'expires' | 'deleted';

/**
 * What a retention policy does with an artifact, as Harbor's retention launcher and performer do it. In each repository that a
 * rule selects, they delete every artifact that no rule keeps, unless one of its tags is immutable. In other repositories they
 * delete nothing. A pattern that Harbor rejects makes the run fail, and nothing is deleted.
 */
export function retentionOf(
  policy: RetentionPolicy | undefined,
  immutableRules: readonly ImmutableRule[],
  artifact: NamedArtifact,
): Retention {
  if (policy === undefined || policy.schedule === '' || isImmutable(immutableRules, artifact)) return 'kept';
  return decide(policy, artifact).retention;
}

/**
 * The rules by which retention deletes an artifact, or would when somebody starts it, each as in Harbor's portal: those that
 * select its repository and do not keep it. Empty when retention keeps it.
 */
export function rulesDeleting(
  policy: RetentionPolicy | undefined,
  immutableRules: readonly ImmutableRule[],
  artifact: NamedArtifact,
): readonly string[] {
  if (policy === undefined || isImmutable(immutableRules, artifact)) return [];
  const { retention, ofRepository } = decide(policy, artifact);
  return retention === 'kept' ? [] : ofRepository.map(describeRule);
}

interface Decision {
  readonly retention: Retention;
  /** The rules that select the repository. */
  readonly ofRepository: readonly RetentionRule[];
}

function decide(policy: RetentionPolicy, artifact: NamedArtifact): Decision {
  const enabled = policy.rules.filter(({ disabled }) => !disabled);
  const results = enabled.map((rule) => ({
    rule,
    repository: all(rule.repositories, [artifact.repository]),
    tags: all(rule.tags, artifact.tags),
  }));
  const isRejected = results.some(({ repository, tags }) => repository === undefined || tags === undefined);
  const ofRepository = results.filter(({ repository }) => repository === true);
  const keeping = ofRepository.filter(({ tags }) => tags === true);
  const isKept =
    isRejected || ofRepository.length === 0 || keeping.some(({ rule: { template } }) => template === 'always');
  return {
    retention: isKept ? 'kept' : keeping.length > 0 ? 'expires' : 'deleted',
    ofRepository: ofRepository.map(({ rule }) => rule),
  };
}

const RETAINED: Readonly<Record<string, (amount: string) => string>> = {
  always: () => 'always the artifacts',
  latestPushedK: (amount) => `the most recently pushed ${amount} artifacts`,
  latestPulledN: (amount) => `the most recently pulled ${amount} artifacts`,
  nDaysSinceLastPush: (amount) => `the artifacts pushed within the last ${amount} days`,
  nDaysSinceLastPull: (amount) => `the artifacts pulled within the last ${amount} days`,
};

/** @example describeRule(rule) // 'for the repositories matching **, retain the most recently pushed 10 artifacts with tags matching v*' */
function describeRule({ template, amount, repositories, tags }: RetentionRule): string {
  const which = (selectors: readonly Selector[]) =>
    selectors.map(({ excludes, pattern }) => `${excludes ? 'excluding' : 'matching'} ${pattern}`).join(' and ');
  const retained = RETAINED[template]?.(amount === undefined ? 'some' : String(amount)) ?? `artifacts (${template})`;
  return `for the repositories ${which(repositories)}, retain ${retained} with tags ${which(tags)}`;
}

function all(selectors: readonly Selector[], names: readonly string[]): boolean | undefined {
  const results = selectors.map((selector) => selects(selector, names));
  return results.includes(undefined) ? undefined : results.every((each) => each === true);
}
