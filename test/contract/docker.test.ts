import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contractChecks, type SubstrateUnderTest } from '../../src/testing/substrate-contract.ts';
import { copyBusybox } from '../harness/containers.ts';
import { type SandboxEngine, startEngine } from '../harness/sandbox.ts';
import { createDockerSubstrate } from './docker-substrate.ts';

let old: SandboxEngine;
beforeAll(async () => {
  old = await startEngine('--flavour', 'bookworm');
  await copyBusybox(old.env);
});
afterAll(() => old?.[Symbol.asyncDispose]());

// Both are up at the same time: neither may get in the other's way.
const engines = [
  { engine: 'Docker Engine 26 with the containerd store', env: () => ({}) },
  { engine: 'Docker Engine 20.10 with overlay2', env: () => old.env },
];

describe.each(engines)('the contract, kept by ObjDocker on $engine', ({ engine, env }) => {
  let target: SubstrateUnderTest;
  beforeAll(() => {
    target = createDockerSubstrate(env());
  });
  afterAll(() => target[Symbol.asyncDispose]());

  it('is that engine', async () => {
    const { description } = await target.substrate.connect();
    expect(description).toContain(engine.split(' with ')[0]);
  });

  it.for(contractChecks)('$name', (check) => check.run(target));
});
