import { AssertionError } from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { isObjDockerError } from '../../src/errors.ts';
import { contractChecks, type SubstrateUnderTest } from '../../src/testing/substrate-contract.ts';
import { createDockerSubstrate } from './docker-substrate.ts';
import { changeMutations } from './mutations/changes.ts';
import { connectionMutations } from './mutations/connection.ts';
import { executeMutations } from './mutations/execute.ts';
import { mutated } from './mutations/mutation.ts';
import { nameMutations } from './mutations/names.ts';
import { streamMutations } from './mutations/streams.ts';
import { viewMutations } from './mutations/views.ts';

const mutations = [
  ...connectionMutations,
  ...nameMutations,
  ...viewMutations,
  ...changeMutations,
  ...executeMutations,
  ...streamMutations,
];
const names = contractChecks.map(({ name }) => name);

it('has a mutation for every check, and for no unknown check', () => {
  expect([...new Set(mutations.flatMap(({ fails }) => fails))].sort()).toEqual([...names].sort());
  expect(new Set(names).size).toBe(names.length);
});

// docker.test.ts shows that each check passes without a mutation.
describe.concurrent('a mutation of the substrate fails its check', () => {
  const cases = mutations.flatMap((mutation) =>
    mutation.fails.map((fails) => ({ mutation, name: mutation.name, fails })),
  );

  it.for(cases)('$name: "$fails"', async ({ mutation, fails }) => {
    await using original = createDockerSubstrate();
    const { substrate, unreachable = substrate } = original;
    const target: SubstrateUnderTest = {
      ...original,
      substrate: mutated(substrate, mutation),
      unreachable: mutated(unreachable, mutation),
    };
    const check = contractChecks.find(({ name }) => name === fails) ?? expect.fail(`there is no check "${fails}"`);
    const error: unknown = await check.run(target).then(
      () => expect.fail('the check passed'),
      (thrown: unknown) => thrown,
    );
    // Any other error is a bug of the test.
    expect(error instanceof AssertionError || isObjDockerError(error), String(error)).toBe(true);
  });
});
