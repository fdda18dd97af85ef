import { afterAll, describe, it } from 'vitest';
import { contractChecks, missingAbilities } from '../../src/testing/substrate-contract.ts';
import { createProcessSubstrate } from './process-substrate.ts';

// Neither the interface nor its contract depends on Docker: a substrate without containers keeps it, too.
describe('processes of this machine keep the contract', () => {
  const target = createProcessSubstrate();
  afterAll(() => target[Symbol.asyncDispose]());

  it.for(contractChecks)('$name', async (check, { skip }) => {
    const missing = missingAbilities(check, target);
    skip(missing.length > 0, `it has no ${missing.join(', no ')}`);
    await check.run(target);
  });
});
