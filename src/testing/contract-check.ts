import { withTimeout } from './expectations.ts';
import type { SubstrateAbility, SubstrateUnderTest } from './substrate-under-test.ts';

/** A check of one guarantee of `ObjSubstrate`. */
export interface ContractCheck {
  /** The guarantee, as a sentence. Unique among the checks. */
  readonly name: string;
  readonly needs: readonly SubstrateAbility[];
  /** Rejects, usually with an AssertionError, when the guarantee is broken. Ends within two minutes. */
  run(target: SubstrateUnderTest): Promise<void>;
}

const LIMIT_MS = 120_000;

export function check(
  name: string,
  run: (target: SubstrateUnderTest) => Promise<void>,
  needs: readonly SubstrateAbility[] = [],
): ContractCheck {
  return { name, needs, run: (target) => withTimeout(LIMIT_MS, 'the check', run(target)) };
}

/** The abilities that a check needs and the substrate lacks. A check with any of them must be skipped. */
export function missingAbilities(
  { needs }: Pick<ContractCheck, 'needs'>,
  target: SubstrateUnderTest,
): readonly SubstrateAbility[] {
  return needs.filter(
    (ability) =>
      target.lacks?.includes(ability) ||
      (ability === 'pause' && target.pauseInstance === undefined) ||
      (ability === 'unreachable' && target.unreachable === undefined),
  );
}
