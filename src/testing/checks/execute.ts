import assert from 'node:assert/strict';
import type { ErrorCode } from '../../errors.ts';
import type { ExecuteOptions } from '../../substrate/obj-substrate.ts';
import { check } from '../contract-check.ts';
import { expectCode } from '../expectations.ts';
import { collect, create, createExited, createReady, runScript, text } from '../instances.ts';
import type { CreatedInstance, SubstrateUnderTest } from '../substrate-under-test.ts';

/** Texts that a shell, a terminal, a query string or JSON could change. */
const WORDS = [
  'plain',
  '',
  ' two  spaces ',
  `"double" and 'single'`,
  '$(id) `id` $HOME ${HOME} *',
  'back\\slash \\n \\0 %s %d',
  'line\nbreak\r\n\ttab',
  '-x',
  '--help',
  '--',
  '&& echo no; | > <',
  'ü 🙂 \u{10FFFF}',
  '\u001b[31m\u0007',
];

export const executeChecks = [
  check("a command's exit code is reported, also one that shells use for their own failures", async (target) => {
    const instance = await create(target);
    for (const code of [0, 1, 3, 125, 126, 127, 255]) {
      const { exitCode } = await runScript(target, instance, `exit ${code}`);
      assert.equal(exitCode, code);
    }
  }),

  check('a command that was killed has 128 plus the signal number as exit code', async (target) => {
    const instance = await create(target);
    assert.equal((await runScript(target, instance, 'kill -9 $$')).exitCode, 137);
    assert.equal((await runScript(target, instance, 'kill -15 $$')).exitCode, 143);
  }),

  check('the arguments of a command arrive unchanged', async (target) => {
    const { id } = await create(target);
    const { stdout } = await target.substrate.executeCommand(id, ['printf', '%s\\0', ...WORDS]).result;
    assert.deepEqual(text(stdout).split('\0').slice(0, -1), WORDS);
  }),

  check('arguments that no program can take are EXEC_INVALID', async (target) => {
    const { id } = await create(target);
    const invalid: readonly (readonly [readonly string[], ExecuteOptions?])[] = [
      [[]],
      [['echo', 'a\0b']],
      [['e\0cho']],
      [['true'], { env: { NAME: 'a\0b' } }],
      [['true'], { env: { 'A=B': 'c' } }],
      [['true'], { env: { '': 'c' } }],
      [['true'], { workdir: '/\0' }],
      [['true'], { workdir: 'relative' }],
      [['true'], { user: '0\0' }],
    ];
    for (const [command, options] of invalid) {
      const what = JSON.stringify([command, options]);
      await expectCode('EXEC_INVALID', what, target.substrate.executeCommand(id, command, options).result);
    }
  }),

  check('a program that does not exist is EXEC_NOT_FOUND', async (target) => {
    const instance = await create(target);
    for (const program of ['no-such-program', '/no/such/program', './-x']) {
      await fails(target, instance, [program, 'word'], 'EXEC_NOT_FOUND');
    }
  }),

  check('a file that cannot be executed is EXEC_NOT_EXECUTABLE', async (target) => {
    const instance = await create(target);
    for (const file of ['/dev/null', '/dev']) await fails(target, instance, [file], 'EXEC_NOT_EXECUTABLE');
  }),

  check('a command in an instance that is not running is INSTANCE_NOT_RUNNING', async (target) => {
    for (const instance of [await create(target, { started: false }), await createExited(target)]) {
      await fails(target, instance, ['true'], 'INSTANCE_NOT_RUNNING');
    }
  }),

  check(
    'a command in a paused instance is INSTANCE_PAUSED',
    async (target) => {
      const instance = await createReady(target);
      await target.pauseInstance?.(instance.id);
      await fails(target, instance, ['true'], 'INSTANCE_PAUSED');
    },
    ['pause'],
  ),

  check("a command's environment is that of the instance plus the given variables", async (target) => {
    const instance = await create(target);
    const usual = await runScript(target, instance, 'printf "%s" "$PATH"');
    const env = { ADDED: `it's "here" $(id)\nü 🙂`, EMPTY: '' };
    const script = 'printf "%s|%s|%s" "$PATH" "$ADDED" "${EMPTY-unset}"';
    const added = await runScript(target, instance, script, { env });
    assert.notEqual(usual.stdout, '');
    assert.equal(added.stdout, `${usual.stdout}|${env.ADDED}|`);
  }),

  check('a command runs in the given directory', async (target) => {
    const instance = await create(target);
    assert.equal((await runScript(target, instance, 'pwd', { workdir: '/dev' })).stdout, '/dev\n');
    assert.notEqual((await runScript(target, instance, 'pwd')).stdout, '/dev\n');
  }),

  check(
    'a command runs as the given user',
    async (target) => {
      const instance = await create(target);
      assert.equal((await runScript(target, instance, 'id -u', { user: '65534' })).stdout, '65534\n');
      const both = await runScript(target, instance, 'echo $(id -u):$(id -g)', { user: '65533:65534' });
      assert.equal(both.stdout, '65533:65534\n');
      assert.notEqual((await runScript(target, instance, 'id -u')).stdout, '65534\n');
    },
    ['user'],
  ),
];

/** Iterating and awaiting the result must fail with the same error. */
async function fails(
  { substrate }: SubstrateUnderTest,
  { id }: CreatedInstance,
  command: readonly string[],
  code: ErrorCode,
): Promise<void> {
  const collected = await expectCode(
    code,
    `${command.join(' ')} collected`,
    substrate.executeCommand(id, command).result,
  );
  assert.ok(collected.hint, 'the error has no hint');
  const iterated = substrate.executeCommand(id, command);
  const thrown = await expectCode(code, `${command.join(' ')} iterated`, collect(iterated));
  assert.equal(
    await expectCode(code, 'the result', iterated.result),
    thrown,
    'the loop and the result fail with different errors',
  );
}
