import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contractChecks, type SubstrateUnderTest } from '../../src/testing/substrate-contract.ts';
import { BOTH_ENGINES, type ConnectedEngine, connectFlavour } from '../harness/both-engines.ts';
import { createDockerSubstrate } from './docker-substrate.ts';

describe.each(BOTH_ENGINES)('ObjDocker on Docker $engine keeps the contract', ({ engine, flavour }) => {
  let own: ConnectedEngine;
  let target: SubstrateUnderTest;
  beforeAll(async () => {
    own = await connectFlavour(flavour);
    target = createDockerSubstrate(own.env);
  });
  afterAll(async () => {
    await target?.[Symbol.asyncDispose]();
    await own?.[Symbol.asyncDispose]();
  });

  it('connects to that engine', async () => {
    const { description } = await target.substrate.connect();
    expect(description).toContain(engine);
  });

  it.for(contractChecks)('$name', (check) => check.run(target));
});
