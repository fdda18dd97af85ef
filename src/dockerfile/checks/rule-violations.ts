import { CONSTRUCTS } from '../features/feature.ts';
import type { CheckOptions } from './options.ts';
import { withComments } from './options.ts';

/** The checks of BuildKit's Dockerfile frontend that a file alone decides, by their names. */
export type Rule =
  | 'ConsistentInstructionCasing'
  | 'DuplicateStageName'
  | 'ExposeInvalidFormat'
  | 'ExposeProtoCasing'
  | 'FromAsCasing'
  | 'FromPlatformFlagConstDisallowed'
  | 'InvalidDefaultArgInFrom'
  | 'InvalidDefinitionDescription'
  | 'JSONArgsRecommended'
  | 'LegacyKeyValueFormat'
  | 'MaintainerDeprecated'
  | 'MultipleInstructionsDisallowed'
  | 'NoEmptyContinuation'
  | 'RedundantTargetPlatform'
  | 'ReservedStageName'
  | 'SecretsUsedInArgOrEnv'
  | 'StageNameCasing'
  | 'UndefinedArgInFrom'
  | 'UndefinedVar'
  | 'WorkdirRelativePath';

const EXPERIMENTAL: readonly Rule[] = ['InvalidDefinitionDescription'];

// From BuildKit's frontend/dockerfile/linter/ruleset.go of 0.14, 0.17 and 0.24, and the release notes of the frontend.
const SINCE: Partial<Record<Rule, string>> = {
  FromPlatformFlagConstDisallowed: '1.9',
  InvalidDefaultArgInFrom: '1.9',
  RedundantTargetPlatform: '1.9',
  SecretsUsedInArgOrEnv: '1.9',
  InvalidDefinitionDescription: '1.11',
  ExposeInvalidFormat: '1.18',
  ExposeProtoCasing: '1.18',
};

/** The first Dockerfile version that has the rule. */
export function ruleSince(rule: Rule): string {
  return SINCE[rule] ?? CONSTRUCTS.checks.since;
}

/** A rule that a line breaks. */
export interface RuleViolation {
  readonly rule: Rule;
  readonly line: number;
  /** False when the image below a stage may decide otherwise. */
  readonly certain: boolean;
}

/** Gathers what breaks the rules that are not skipped. */
export class RuleViolations {
  readonly found: RuleViolation[] = [];
  readonly #options: CheckOptions;

  constructor(options: CheckOptions) {
    this.#options = options;
  }

  /** @param comments those above the instruction, which may skip rules for it */
  add(rule: Rule, line: number, comments: readonly string[] = [], certain = true): void {
    const options = withComments(this.#options, comments);
    const isExperimental = EXPERIMENTAL.includes(rule);
    const runs = isExperimental
      ? options.experimentalAll || options.experimental.has(rule)
      : !options.skipAll && !options.skip.has(rule);
    if (runs) this.found.push({ rule, line, certain });
  }
}
