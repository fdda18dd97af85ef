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
