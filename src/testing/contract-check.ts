import { withTimeout } from './expectations.ts';
import type { SubstrateAbility, SubstrateUnderTest } from './substrate-under-test.ts';

/** One promise of `ObjSubstrate`, and how to see whether it is kept. */
export interface ContractCheck {
  /** The promise, as a sentence. No two checks have the same. */
  readonly name: string;
  readonly needs: readonly SubstrateAbility[];
  /** Rejects, usually with an AssertionError, when the promise is not kept; within a minute in any case. */
  run(subject: SubstrateUnderTest): Promise<void>;
}

const LIMIT_MS = 60_000;

export function check(
  name: string,
  run: (subject: SubstrateUnderTest) => Promise<void>,
  needs: readonly SubstrateAbility[] = [],
): ContractCheck {
  return { name, needs, run: (subject) => withTimeout(LIMIT_MS, 'the check', run(subject)) };
}

/** Which of the abilities that a check needs a subject has not; a check with any of them is to be skipped. */
export function missingAbilities(
  { needs }: Pick<ContractCheck, 'needs'>,
  subject: SubstrateUnderTest,
): readonly SubstrateAbility[] {
  return needs.filter(
    (ability) =>
      subject.lacks?.includes(ability) ||
      (ability === 'pause' && subject.pauseInstance === undefined) ||
      (ability === 'unreachable' && subject.unreachable === undefined),
  );
}
