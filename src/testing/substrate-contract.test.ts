import { AssertionError } from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { ObjDocker } from '../obj-docker/obj-docker.ts';
import { withTimeout } from './expectations.ts';
import {
  type ContractCheck,
  contractChecks,
  missingAbilities,
  runSubstrateContract,
  type SubstrateUnderTest,
} from './substrate-contract.ts';

const broken = new Error('broken');

const checks: readonly ContractCheck[] = [
  { name: 'good', needs: [], run: async () => {} },
  { name: 'bad', needs: [], run: () => Promise.reject(broken) },
  { name: 'needs a terminal', needs: ['user', 'terminal'], run: () => Promise.reject(broken) },
];

function createTarget(): SubstrateUnderTest & { disposed: number } {
  return {
    substrate: new ObjDocker(),
    lacks: ['terminal'],
    disposed: 0,
    createInstance: () => Promise.reject(broken),
    async [Symbol.asyncDispose]() {
      this.disposed++;
    },
  };
}

describe('runSubstrateContract', () => {
  it('reports every check, with the error of a failed one and the missing abilities of a skipped one', async () => {
    const target = createTarget();
    const seen: string[] = [];
    const report = await runSubstrateContract(() => target, { checks, onCheck: ({ name }) => seen.push(name) });
    expect(report).toEqual({
      passed: 1,
      failed: 1,
      skipped: 1,
      checks: [
        { name: 'good', outcome: 'passed', durationMs: expect.any(Number) },
        { name: 'bad', outcome: 'failed', error: broken, durationMs: expect.any(Number) },
        { name: 'needs a terminal', outcome: 'skipped', lacks: ['terminal'], durationMs: 0 },
      ],
    });
    expect(seen).toEqual(['good', 'bad', 'needs a terminal']);
    expect(target.disposed).toBe(1);
  });

  it('disposes of the substrate when onCheck throws', async () => {
    const target = createTarget();
    const onCheck = () => {
      throw broken;
    };
    await expect(runSubstrateContract(async () => target, { checks, onCheck })).rejects.toBe(broken);
    expect(target.disposed).toBe(1);
  });
});

describe('contractChecks', () => {
  it('have unique names that are sentences', () => {
    const names = contractChecks.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^\S+( \S+){3,}$/.test(name))).toEqual([]);
  });

  it('have names without words of a particular substrate', () => {
    expect(contractChecks.filter(({ name }) => /docker|container|engine/i.test(name))).toEqual([]);
  });
});

describe('missingAbilities', () => {
  it('finds the abilities that the substrate lacks', () => {
    const target = createTarget();
    const missing = (...needs: ContractCheck['needs']) => missingAbilities({ needs }, target);
    expect(missing('pause', 'unreachable', 'terminal', 'user')).toEqual(['pause', 'unreachable', 'terminal']);
    expect(missingAbilities({ needs: ['pause'] }, { ...target, pauseInstance: async () => {} })).toEqual([]);
  });
});

describe('withTimeout', () => {
  it('fails when the work does not end in time', async () => {
    await expect(withTimeout(20, 'the work', new Promise(() => {}))).rejects.toThrow(AssertionError);
    expect(await withTimeout(1_000, 'the work', Promise.resolve('done'))).toBe('done');
  });
});
