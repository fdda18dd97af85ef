import { describe, expect, it, test } from 'vitest';
import { openTestHarbor, recordedHarbor } from '../../../test/harness/harbor-client.ts';
import { serve } from '../../../test/harness/registry-server.ts';
import { isImmutable } from './immutability.ts';
import { matchesPattern } from './pattern.ts';
import { type RetentionPolicy, type RetentionRule, retentionOf } from './retention.ts';
import { type NamedArtifact, readSelectors } from './selector.ts';

const DAILY = '0 0 0 * * *';

interface Rule {
  readonly template?: string;
  readonly repository?: string;
  readonly excludedRepository?: string;
  readonly tag?: string;
  readonly excludedTag?: string;
  readonly extras?: string;
  readonly disabled?: boolean;
}

function rule({ template = 'always', disabled = false, ...given }: Rule): RetentionRule {
  const { repository = '**', excludedRepository, tag = '**', excludedTag, extras } = given;
  return {
    template,
    disabled,
    repositories: readSelectors([
      excludedRepository === undefined
        ? { decoration: 'repoMatches', pattern: repository }
        : { decoration: 'repoExcludes', pattern: excludedRepository },
    ]),
    tags: readSelectors([
      excludedTag === undefined
        ? { decoration: 'matches', pattern: tag, ...(extras === undefined ? {} : { extras }) }
        : { decoration: 'excludes', pattern: excludedTag },
    ]),
  };
}

const policy = (...rules: readonly Rule[]): RetentionPolicy => ({ schedule: DAILY, rules: rules.map(rule) });
const RELEASED: NamedArtifact = { repository: 'api-shop', tags: ['release-1', 'latest'] };

describe('retention', () => {
  it.each([
    ['no rule', [], 'kept'],
    ['a rule for other repositories', [{ repository: 'web-*' }], 'kept'],
    ['a rule that leaves the repository out', [{ excludedRepository: 'api-*' }], 'kept'],
    ['a disabled rule', [{ tag: 'v*', disabled: true }], 'kept'],
    ['a rule for other tags', [{ tag: 'v*' }], 'deleted'],
    ['a rule that keeps it always', [{ tag: 'release-*' }], 'kept'],
    ['two rules of which one keeps it', [{ tag: 'v*' }, { tag: 'latest' }], 'kept'],
    ['the most recently pushed', [{ template: 'latestPushedK' }], 'expires'],
    ['the most recently pulled', [{ template: 'latestPulledN' }], 'expires'],
    ['pushed within some days', [{ template: 'nDaysSinceLastPush' }], 'expires'],
    ['pulled within some days', [{ template: 'nDaysSinceLastPull' }], 'expires'],
    ['some days for others, always for it', [{ template: 'nDaysSinceLastPush' }, { tag: 'release-*' }], 'kept'],
    ['a rule that excludes one of its tags only', [{ excludedTag: 'release-*' }], 'kept'],
    ['a rule that excludes all of its tags', [{ excludedTag: '{release-*,latest}' }], 'deleted'],
    ['a pattern that Harbor rejects', [{ tag: '[' }, { tag: 'v*' }], 'kept'],
  ] as const)('%s: %s', (_, rules, expected) => {
    expect(retentionOf(policy(...rules), [], RELEASED)).toBe(expected);
  });

  it('deletes nothing without a schedule or a policy, and nothing with an immutable tag', () => {
    expect(retentionOf(undefined, [], RELEASED)).toBe('kept');
    expect(retentionOf({ ...policy({ tag: 'v*' }), schedule: '' }, [], RELEASED)).toBe('kept');
    expect(retentionOf(policy({ tag: 'v*' }), [rule({ tag: 'release-*' })], RELEASED)).toBe('kept');
  });

  it('selects untagged artifacts as the extras say', () => {
    const untagged = { repository: 'api-shop', tags: [] };
    expect(retentionOf(policy({ extras: '{"untagged":true}' }), [], untagged)).toBe('kept');
    expect(retentionOf(policy({ extras: '{"untagged":false}' }), [], untagged)).toBe('deleted');
    expect(retentionOf(policy({}), [], untagged)).toBe('kept');
    expect(retentionOf(policy({ excludedTag: 'v*' }), [], untagged)).toBe('kept');
  });

  it('immutable tags are those of a rule that is on', () => {
    expect(isImmutable([rule({ tag: 'latest' })], RELEASED)).toBe(true);
    expect(isImmutable([rule({ tag: 'latest', disabled: true })], RELEASED)).toBe(false);
    expect(isImmutable([rule({ tag: 'v*' })], RELEASED)).toBe(false);
    expect(isImmutable([rule({})], { repository: 'api-shop', tags: [] })).toBe(false);
  });
});

it.each([
  ['**', 'services/api', true],
  ['*', 'services/api', false],
  ['services/**', 'services/api/v1', true],
  ['**/api', 'services/api', true],
  ['**/api', 'api', true],
  ['release-*', 'release-12', true],
  ['release-**', 'release-1.2', true],
  ['release-?', 'release-12', false],
  ['release-[0-9]', 'release-1', true],
  ['release-[^0-9]', 'release-1', false],
  ['{a,b}-*', 'b-1', true],
  ['1.?', '1x2', false],
  ['a\\*', 'a*', true],
  ['a+(b)', 'a+(b)', true],
  ['.*', 'x', false],
  ['', 'anything', true],
  ['[', 'x', undefined],
  ['{a', 'a', undefined],
] as const)('the pattern %j on %j: %s', (pattern, text, expected) => {
  expect(matchesPattern(pattern, text)).toBe(expected);
});

test('reads the rules of a project as Harbor shows them', async () => {
  await using server = await serve(
    recordedHarbor({
      'GET /projects/axion': '727-retention-in-project-metadata',
      'GET /retentions/1': '723-retention-get',
      'GET /projects/axion/immutabletagrules': '2.15/440-immutable-rules',
    }),
  );
  await using harbor = openTestHarbor(server.origin);
  const project = harbor.project('axion');
  expect(await project.get()).toMatchObject({ retentionId: 1 });
  // Its cron is empty: only people start it.
  expect(await project.retentionPolicy(1)).toEqual({
    schedule: '',
    rules: [{ ...rule({ template: 'latestPushedK', repository: 'svc-*' }), disabled: false, amount: 1 }],
  });
  expect(await project.immutableRules()).toHaveLength(1);
});
