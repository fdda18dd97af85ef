import { within } from './expectations.ts';
import type { SubstrateAbility, SubstrateSubject } from './subject.ts';

/** One promise of `ObjSubstrate`, and how to see whether it is kept. */
export interface ContractCheck {
  /** The promise, as a sentence. No two checks have the same. */
  readonly name: string;
  readonly needs: readonly SubstrateAbility[];
  /** Rejects, usually with an AssertionError, when the promise is not kept; within a minute in any case. */
  run(subject: SubstrateSubject): Promise<void>;
}

const LIMIT_MS = 60_000;

export function check(
  name: string,
  run: (subject: SubstrateSubject) => Promise<void>,
  needs: readonly SubstrateAbility[] = [],
): ContractCheck {
  return { name, needs, run: (subject) => within(LIMIT_MS, 'the check', run(subject)) };
}

/** Which of the abilities that a check needs a subject has not; a check with any of them is to be skipped. */
export function missingAbilities(
  { needs }: Pick<ContractCheck, 'needs'>,
  subject: SubstrateSubject,
): readonly SubstrateAbility[] {
  return needs.filter(
    (ability) =>
      subject.lacks?.includes(ability) ||
      (ability === 'pause' && subject.pauseInstance === undefined) ||
      (ability === 'unreachable' && subject.unreachable === undefined),
  );
}
