import { AssertionError } from 'node:assert/strict';
import { afterAll, describe, expect, it } from 'vitest';
import { isObjDockerError } from '../../src/errors.ts';
import { contractChecks, type SubstrateSubject } from '../../src/testing/substrate-contract.ts';
import { makeDockerSubject } from './docker-substrate.ts';
import { changeBreakages } from './mutations/changes.ts';
import { connectionBreakages } from './mutations/connection.ts';
import { executeBreakages } from './mutations/execute.ts';
import { broken } from './mutations/mutation.ts';
import { nameBreakages } from './mutations/names.ts';
import { streamBreakages } from './mutations/streams.ts';
import { viewBreakages } from './mutations/views.ts';

const breakages = [
  ...connectionBreakages,
  ...nameBreakages,
  ...viewBreakages,
  ...changeBreakages,
  ...executeBreakages,
  ...streamBreakages,
];
const names = contractChecks.map(({ name }) => name);

it('knows a breakage for every check, and no check that is not there', () => {
  expect([...new Set(breakages.flatMap(({ fails }) => fails))].sort()).toEqual([...names].sort());
  expect(new Set(names).size).toBe(names.length);
});

// That each check passes when nothing is broken is what docker.test.ts shows.
describe('a substrate that keeps a promise badly fails the check of that promise', () => {
  const good = makeDockerSubject();
  afterAll(() => good[Symbol.asyncDispose]());

  const cases = breakages.flatMap((breakage) =>
    breakage.fails.map((fails) => ({ breakage, name: breakage.name, fails })),
  );

  it.for(cases)('$name: "$fails"', async ({ breakage, fails }) => {
    const { substrate, unreachable = substrate } = good;
    const subject: SubstrateSubject = {
      ...good,
      substrate: broken(substrate, breakage),
      unreachable: broken(unreachable, breakage),
    };
    const check = contractChecks.find(({ name }) => name === fails) ?? expect.fail(`there is no check "${fails}"`);
    const error: unknown = await check.run(subject).then(
      () => expect.fail('the check passed'),
      (thrown: unknown) => thrown,
    );
    // Anything else is a fault of this test.
    expect(error instanceof AssertionError || isObjDockerError(error), String(error)).toBe(true);
  });
});
