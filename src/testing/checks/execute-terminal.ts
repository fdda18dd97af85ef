import assert from 'node:assert/strict';
import { check } from '../contract-check.ts';
import { withTimeout } from '../expectations.ts';
import { collect, create, text } from '../instances.ts';

// Some substrates can set the size of a terminal only after the command has started.
const UNTIL_SIZE_IS = (size: string) =>
  `i=0; while [ "$(stty size 2>&1)" != "${size}" ] && [ $i -lt 150 ]; do sleep 0.1; i=$((i+1)); done; stty size`;

export const executeTerminalChecks = [
  check(
    'a command has a terminal of the given size, and one stream',
    async (target) => {
      const { id } = await create(target);
      const script = `[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo terminal; ${UNTIL_SIZE_IS('37 101')} >&2; exit 8`;
      const tty = { columns: 101, rows: 37 };
      const result = await target.substrate.executeCommand(id, ['sh', '-c', script], { tty }).result;
      assert.equal(text(result.stdout), 'terminal\r\n37 101\r\n');
      assert.deepEqual([result.stderr.length, result.exitCode, result.detached], [0, 8, false]);
    },
    ['terminal'],
  ),

  check(
    'a terminal can be resized',
    async (target) => {
      const { id } = await create(target);
      const tty = { columns: 80, rows: 24 };
      const script = `echo ready; ${UNTIL_SIZE_IS('50 132')}`;
      const execution = target.substrate.executeCommand(id, ['sh', '-c', script], { tty });
      let output = '';
      for await (const { data } of execution) {
        if (output === '') await execution.resize({ columns: 132, rows: 50 });
        output += text(data);
      }
      assert.match(output, /ready\r\n50 132\r\n$/);
      assert.equal((await execution.result).exitCode, 0);
    },
    ['terminal'],
  ),

  check(
    'input to a terminal acts like typing',
    async (target) => {
      const { id } = await create(target);
      const script = 'read -r line; echo "got $line"; sleep 3; echo not reached';
      const tty = { columns: 80, rows: 24 };
      let typed: (() => void) | undefined;
      const echoed = new Promise<void>((resolve) => (typed = resolve));
      async function* keys(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('word\n');
        await echoed;
        yield Buffer.from('\u0003');
      }
      const execution = target.substrate.executeCommand(id, ['sh', '-c', script], { tty, stdin: keys() });
      let output = '';
      const loop = async () => {
        for await (const { data } of execution) {
          output += text(data);
          if (output.includes('got word')) typed?.();
        }
      };
      await withTimeout(20_000, 'the command', loop());
      assert.match(output, /got word/);
      // Ctrl-C interrupted the command.
      assert.equal((await execution.result).exitCode, 130);
    },
    ['terminal'],
  ),

  check('a resize does nothing for a command without a terminal, or that has exited', async (target) => {
    const { id } = await create(target);
    const execution = target.substrate.executeCommand(id, ['sh', '-c', 'echo up; [ -t 1 ] || sleep 0.5; exit 6']);
    const size = { columns: 90, rows: 30 };
    await execution.resize(size);
    for await (const _ of execution) await execution.resize(size);
    assert.equal((await execution.result).exitCode, 6);
    await execution.resize(size);
    const ended = target.substrate.executeCommand(id, ['true']);
    await collect(ended);
    await ended.resize(size);
  }),
];
