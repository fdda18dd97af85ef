import assert from 'node:assert/strict';
import { check } from '../contract-check.ts';
import { expectCode } from '../expectations.ts';
import { collect, create, createReady, runScript, text, uniqueName } from '../instances.ts';
import type { CreatedInstance, SubstrateUnderTest } from '../substrate-under-test.ts';
import { callsOf } from './connection.ts';

// More than the characters of any usual alphabet for ids, so that two ids share the first one.
const MAX_INSTANCES = 70;

export const nameChecks = [
  check('an instance is found by its name, its id and a prefix of its id', async (target) => {
    const { id, name } = await create(target, { started: false });
    for (const named of [name, id, id.slice(0, -1)]) {
      assert.equal((await target.substrate.getInstance(named)).id, id, `"${named}" is another instance`);
    }
  }),

  check('every method accepts a prefix of an id', async (target) => {
    const { substrate } = target;
    const instance = await createReady(target);
    const named = instance.id.slice(0, -1);
    assert.equal((await runScript(target, { ...instance, id: named }, 'exit 6')).exitCode, 6);
    assert.match(text((await collect(substrate.readLogs(named))).stdout), /ready/);
    for (const result of [
      await substrate.startInstance(named),
      await substrate.stopInstance(named),
      await substrate.deleteInstance(named),
    ]) {
      assert.equal(result.id, instance.id);
      assert.equal(result.name, instance.name);
    }
  }),

  check('a name takes precedence over a prefix of another id', async (target) => {
    const first = await create(target, { started: false });
    const second = await create(target, { started: false, name: first.id.slice(0, 8) });
    assert.equal((await target.substrate.getInstance(second.name)).id, second.id);
  }),

  check('a prefix of several ids is INSTANCE_AMBIGUOUS, with the matches', async (target) => {
    const [one, two] = await createWithCommonPrefix(target);
    const prefix = commonStart(one.id, two.id);
    for (const [what, call] of callsOf(target.substrate, prefix)) {
      const { details } = await expectCode('INSTANCE_AMBIGUOUS', what, call());
      assert.ok(Array.isArray(details.matches), `the error of ${what} has no matches`);
      for (const match of [one, two]) {
        assert.ok(
          details.matches.some(({ id, name }) => id === match.id && name === match.name),
          `the matches of ${what} lack ${match.name}`,
        );
      }
    }
    assert.equal((await target.substrate.getInstance(one.id)).state, 'created');
  }),

  check('a name that no instance has is INSTANCE_NOT_FOUND for every method', async ({ substrate }) => {
    for (const [what, call] of callsOf(substrate, uniqueName('none'))) {
      await expectCode('INSTANCE_NOT_FOUND', what, call());
    }
  }),

  check('similar names are suggested for an unknown one', async (target) => {
    const { name } = await create(target, { started: false, name: uniqueName('web') });
    const mistyped = name.replace(/web$/, 'wbe');
    const { details } = await expectCode('INSTANCE_NOT_FOUND', 'a typo', target.substrate.getInstance(mistyped));
    assert.ok(Array.isArray(details.suggestions), 'there are no suggestions');
    assert.ok(details.suggestions.includes(name), `the suggestions are ${details.suggestions.join(', ')}`);
    const other = await expectCode('INSTANCE_NOT_FOUND', 'nothing near', target.substrate.getInstance('zqzqzqzqzq'));
    assert.ok(!JSON.stringify(other.details).includes(name), 'a name that is not similar was suggested');
  }),

  check('an invalid name is INSTANCE_NAME_INVALID for every method', async ({ substrate }) => {
    for (const name of ['', 'a b', 'a\nb', 'a\0b', '../a', 'a/../b', '$(id)', '"a"', '🙂']) {
      for (const [what, call] of callsOf(substrate, name)) {
        await expectCode('INSTANCE_NAME_INVALID', `${what} of ${JSON.stringify(name)}`, call());
      }
    }
  }),

  check('a name that is long or looks like an option is not found or invalid', async ({ substrate }) => {
    for (const name of ['-x', '--all', 'x'.repeat(10_000)]) {
      const { code } = await substrate.getInstance(name).then(
        () => assert.fail(`getInstance found "${name.slice(0, 9)}"`),
        (error) => error,
      );
      assert.ok(code === 'INSTANCE_NOT_FOUND' || code === 'INSTANCE_NAME_INVALID', `${name.slice(0, 9)}: ${code}`);
    }
  }),
];

async function createWithCommonPrefix(target: SubstrateUnderTest): Promise<[CreatedInstance, CreatedInstance]> {
  const byStart = new Map<string, CreatedInstance>();
  for (let made = 0; made < MAX_INSTANCES; made++) {
    const instance = await create(target, { started: false });
    const alike = byStart.get(instance.id.slice(0, 1));
    if (alike !== undefined) return [alike, instance];
    byStart.set(instance.id.slice(0, 1), instance);
  }
  return assert.fail(`no two of ${MAX_INSTANCES} ids start with the same character`);
}

function commonStart(one: string, two: string): string {
  let length = 0;
  while (one[length] === two[length]) length++;
  return one.slice(0, length);
}
