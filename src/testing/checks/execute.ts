import assert from 'node:assert/strict';
import type { ErrorCode } from '../../errors.ts';
import type { ExecuteOptions } from '../../substrate/obj-substrate.ts';
import { check } from '../contract-check.ts';
import { expectCode } from '../expectations.ts';
import { collect, create, createExited, createReady, runScript, text } from '../instances.ts';
import type { CreatedInstance, SubstrateUnderTest } from '../substrate-under-test.ts';

/** What a shell, a terminal, a query string or JSON on the way would change. */
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
  check("a command's exit code is told, also those that shells use for failures of their own", async (subject) => {
    const instance = await create(subject);
    for (const code of [0, 1, 3, 125, 126, 127, 255]) {
      const { exitCode } = await runScript(subject, instance, `exit ${code}`);
      assert.equal(exitCode, code);
    }
  }),

  check('a command that was ended by a signal has 128 and its number as exit code', async (subject) => {
    const instance = await create(subject);
    assert.equal((await runScript(subject, instance, 'kill -9 $$')).exitCode, 137);
    assert.equal((await runScript(subject, instance, 'kill -15 $$')).exitCode, 143);
  }),

  check('the words of a command arrive as they are, byte for byte', async (subject) => {
    const { id } = await create(subject);
    const { stdout } = await subject.substrate.executeCommand(id, ['printf', '%s\\0', ...WORDS]).result;
    assert.deepEqual(text(stdout).split('\0').slice(0, -1), WORDS);
  }),

  check('what no program can be started with is EXEC_INVALID', async (subject) => {
    const { id } = await create(subject);
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
      await expectCode('EXEC_INVALID', what, subject.substrate.executeCommand(id, command, options).result);
    }
  }),

  check('a program that the instance has not is EXEC_NOT_FOUND', async (subject) => {
    const instance = await create(subject);
    for (const program of ['no-such-program', '/no/such/program', './-x']) {
      await fails(subject, instance, [program, 'word'], 'EXEC_NOT_FOUND');
    }
  }),

  check('a file that cannot be run is EXEC_NOT_EXECUTABLE', async (subject) => {
    const instance = await create(subject);
    for (const file of ['/dev/null', '/dev']) await fails(subject, instance, [file], 'EXEC_NOT_EXECUTABLE');
  }),

  check('a command in an instance that does not run is INSTANCE_NOT_RUNNING', async (subject) => {
    for (const instance of [await create(subject, { started: false }), await createExited(subject)]) {
      await fails(subject, instance, ['true'], 'INSTANCE_NOT_RUNNING');
    }
  }),

  check(
    'a command in an instance that is paused is INSTANCE_PAUSED',
    async (subject) => {
      const instance = await createReady(subject);
      await subject.pauseInstance?.(instance.id);
      await fails(subject, instance, ['true'], 'INSTANCE_PAUSED');
    },
    ['pause'],
  ),

  check("a command's environment is the instance's and what was added", async (subject) => {
    const instance = await create(subject);
    const usual = await runScript(subject, instance, 'printf "%s" "$PATH"');
    const env = { ADDED: `it's "here" $(id)\nü 🙂`, EMPTY: '' };
    const script = 'printf "%s|%s|%s" "$PATH" "$ADDED" "${EMPTY-unset}"';
    const added = await runScript(subject, instance, script, { env });
    assert.notEqual(usual.stdout, '');
    assert.equal(added.stdout, `${usual.stdout}|${env.ADDED}|`);
  }),

  check('a command runs in the folder that it was given', async (subject) => {
    const instance = await create(subject);
    assert.equal((await runScript(subject, instance, 'pwd', { workdir: '/dev' })).stdout, '/dev\n');
    assert.notEqual((await runScript(subject, instance, 'pwd')).stdout, '/dev\n');
  }),

  check(
    'a command runs as the user that it was given',
    async (subject) => {
      const instance = await create(subject);
      assert.equal((await runScript(subject, instance, 'id -u', { user: '65534' })).stdout, '65534\n');
      const both = await runScript(subject, instance, 'echo $(id -u):$(id -g)', { user: '65533:65534' });
      assert.equal(both.stdout, '65533:65534\n');
      assert.notEqual((await runScript(subject, instance, 'id -u')).stdout, '65534\n');
    },
    ['user'],
  ),
];

/** Both ways to take an execution have to fail alike. */
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
  assert.ok(collected.hint, 'it does not say what to do');
  const iterated = substrate.executeCommand(id, command);
  const thrown = await expectCode(code, `${command.join(' ')} iterated`, collect(iterated));
  assert.equal(await expectCode(code, 'the result', iterated.result), thrown, 'the loop throws another error');
}
