import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contractChecks, type SubstrateSubject } from '../../src/testing/substrate-contract.ts';
import { copyBusybox } from '../harness/containers.ts';
import { type SandboxEngine, startEngine } from '../harness/sandbox.ts';
import { makeDockerSubject } from './docker-substrate.ts';

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
  let subject: SubstrateSubject;
  beforeAll(() => {
    subject = makeDockerSubject(env());
  });
  afterAll(() => subject[Symbol.asyncDispose]());

  it('is that engine', async () => {
    const { description } = await subject.substrate.connect();
    expect(description).toContain(engine.split(' with ')[0]);
  });

  it.for(contractChecks)('$name', (check) => check.run(subject));
});
