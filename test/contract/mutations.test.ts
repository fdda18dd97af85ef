import { AssertionError } from 'node:assert/strict';
import { afterAll, describe, expect, it } from 'vitest';
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

it('knows a mutation for every check, and no check that is not there', () => {
  expect([...new Set(mutations.flatMap(({ fails }) => fails))].sort()).toEqual([...names].sort());
  expect(new Set(names).size).toBe(names.length);
});

// That each check passes when nothing is mutated is what docker.test.ts shows.
describe('a substrate that keeps a promise badly fails the check of that promise', () => {
  const good = createDockerSubstrate();
  afterAll(() => good[Symbol.asyncDispose]());

  const cases = mutations.flatMap((mutation) =>
    mutation.fails.map((fails) => ({ mutation, name: mutation.name, fails })),
  );

  it.for(cases)('$name: "$fails"', async ({ mutation, fails }) => {
    const { substrate, unreachable = substrate } = good;
    const target: SubstrateUnderTest = {
      ...good,
      substrate: mutated(substrate, mutation),
      unreachable: mutated(unreachable, mutation),
    };
    const check = contractChecks.find(({ name }) => name === fails) ?? expect.fail(`there is no check "${fails}"`);
    const error: unknown = await check.run(target).then(
      () => expect.fail('the check passed'),
      (thrown: unknown) => thrown,
    );
    // Anything else is a fault of this test.
    expect(error instanceof AssertionError || isObjDockerError(error), String(error)).toBe(true);
  });
});
