import { afterAll, describe, it } from 'vitest';
import { contractChecks, missingAbilities } from '../../src/testing/substrate-contract.ts';
import { createProcessSubstrate } from './process-substrate.ts';

// The interface, and its contract, are not Docker's: a substrate without containers keeps it as well.
describe('the contract, kept by processes of this machine', () => {
  const target = createProcessSubstrate();
  afterAll(() => target[Symbol.asyncDispose]());

  it.for(contractChecks)('$name', async (check, { skip }) => {
    const missing = missingAbilities(check, target);
    skip(missing.length > 0, `it has no ${missing.join(', no ')}`);
    await check.run(target);
  });
});
