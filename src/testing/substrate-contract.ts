import { connectionChecks } from './checks/connection.ts';
import { deleteChecks } from './checks/delete.ts';
import { executeChecks } from './checks/execute.ts';
import { executeEndChecks } from './checks/execute-end.ts';
import { executeStreamChecks } from './checks/execute-streams.ts';
import { executeTerminalChecks } from './checks/execute-terminal.ts';
import { getChecks } from './checks/get.ts';
import { listChecks } from './checks/list.ts';
import { logChecks } from './checks/logs.ts';
import { nameChecks } from './checks/names.ts';
import { signalChecks } from './checks/signals.ts';
import { startChecks } from './checks/start.ts';
import { stopChecks } from './checks/stop.ts';
import { type ContractCheck, missingAbilities } from './contract-check.ts';
import type { CreateSubstrate, SubstrateAbility, SubstrateUnderTest } from './substrate-under-test.ts';

export { type ContractCheck, missingAbilities } from './contract-check.ts';
export type {
  CreatedInstance,
  CreateSubstrate,
  InstanceSpec,
  SubstrateAbility,
  SubstrateUnderTest,
} from './substrate-under-test.ts';

/**
 * A check for every guarantee of `ObjSubstrate`, to run each as a test of its own.
 *
 * @example
 * ```ts
 * for (const check of contractChecks) {
 *   it(check.name, async (context) => {
 *     if (missingAbilities(check, target).length > 0) context.skip();
 *     await check.run(target);
 *   });
 * }
 * ```
 */
export const contractChecks: readonly ContractCheck[] = [
  ...connectionChecks,
  ...signalChecks,
  ...nameChecks,
  ...listChecks,
  ...getChecks,
  ...startChecks,
  ...stopChecks,
  ...deleteChecks,
  ...executeChecks,
  ...executeStreamChecks,
  ...executeEndChecks,
  ...executeTerminalChecks,
  ...logChecks,
];

export interface ContractOptions {
  /** Which checks to run. @default all */
  readonly checks?: readonly ContractCheck[] | undefined;
  /** Called after each check. */
  readonly onCheck?: ((result: CheckOutcome) => void) | undefined;
}

export interface CheckOutcome {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Why it failed. */
  readonly error?: unknown;
  /** The missing abilities of a skipped check. */
  readonly lacks?: readonly SubstrateAbility[];
  readonly durationMs: number;
}

export interface ContractReport {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly checks: readonly CheckOutcome[];
}

/**
 * Runs all checks of the `ObjSubstrate` contract, one after another, and returns a report. A failed check does not throw. A check
 * is skipped when the substrate lacks an ability.
 *
 * @param createSubstrate called once; its result is disposed of at the end.
 *
 * @example
 * ```ts
 * const report = await runSubstrateContract(() => createMySubstrate());
 * for (const { name, outcome, error } of report.checks) if (outcome === 'failed') console.error(name, error);
 * process.exitCode = report.failed > 0 ? 1 : 0;
 * ```
 */
export async function runSubstrateContract(
  createSubstrate: CreateSubstrate,
  options: ContractOptions = {},
): Promise<ContractReport> {
  const target = await createSubstrate();
  const outcomes: CheckOutcome[] = [];
  try {
    for (const check of options.checks ?? contractChecks) {
      const outcome = await runCheck(check, target);
      outcomes.push(outcome);
      options.onCheck?.(outcome);
    }
  } finally {
    await target[Symbol.asyncDispose]();
  }
  const count = (wanted: CheckOutcome['outcome']) => outcomes.filter(({ outcome }) => outcome === wanted).length;
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped'), checks: outcomes };
}

async function runCheck(check: ContractCheck, target: SubstrateUnderTest): Promise<CheckOutcome> {
  const { name } = check;
  const lacks = missingAbilities(check, target);
  if (lacks.length > 0) return { name, outcome: 'skipped', lacks, durationMs: 0 };
  const started = performance.now();
  const took = () => Math.round(performance.now() - started);
  try {
    await check.run(target);
    return { name, outcome: 'passed', durationMs: took() };
  } catch (error) {
    return { name, outcome: 'failed', error, durationMs: took() };
  }
}
