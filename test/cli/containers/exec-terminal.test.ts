import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLI } from '../../harness/cli.ts';
import { copyBusybox, makeContainer, type TestContainer } from '../../harness/containers.ts';
import { processesWith, until } from '../../harness/processes.ts';
import { startEngine } from '../../harness/sandbox.ts';
import { expectRestored, type InTerminal, objdockerInTerminal, settingsAround } from '../../harness/terminal.ts';

let web: TestContainer;

beforeAll(async () => {
  web = await makeContainer();
});
afterAll(() => web?.[Symbol.asyncDispose]());

function shows({ screen }: InTerminal, wanted: string | RegExp): Promise<string> {
  return until(
    () => screen.text,
    (text) => (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text)),
  );
}

/** The process id of the `objdocker exec` whose command contains the mark. */
async function pidOf(mark: string): Promise<number> {
  const lines = await processesWith(mark, 'cmdline');
  return Number.parseInt(lines.find((line) => line.includes(`${process.execPath} ${CLI} exec`)) ?? '', 10);
}

describe('objdocker exec -it', () => {
  it('runs an interactive shell, with Ctrl-C for its commands, Ctrl-D, and its exit code', async () => {
    const shell = objdockerInTerminal(['exec', '-it', web.name, 'sh'], {});
    await shows(shell, '/ #');
    shell.type('echo $TERM $((6 * 7)); tty\r');
    await shows(shell, 'xterm 42\n/dev/pts/');
    const seconds = `4714${randomBytes(4).readUInt32BE()}`;
    shell.type(`sleep ${seconds}\r`);
    await until(
      () => processesWith(`sleep ${seconds}`, 'cmdline'),
      ({ length }) => length > 0,
    );
    shell.type('\u0003');
    await shows(shell, /\^C\n\/ #$/);
    shell.type('echo "after $?"\r');
    await shows(shell, 'after 130');
    shell.type('sh -c "exit 9"\r\u0004');
    expect(await shell.ended).toBe(9);
  });

  it('has the size of the terminal, also after a change', async () => {
    const shell = objdockerInTerminal(['exec', '-it', web.name, 'sh'], { columns: 91 });
    await shows(shell, '/ #');
    shell.type('stty size\r');
    await shows(shell, '24 91');
    await shell.resize(70, 33);
    await until(
      async () => {
        shell.type('stty size\r');
        return shell.screen.text;
      },
      (text) => text.includes('33 70'),
    );
    shell.type('exit\r');
    expect(await shell.ended).toBe(0);
  });

  it('detaches on Ctrl-P Ctrl-Q, and prints that the command still runs', async () => {
    const mark = `mark-${randomBytes(6).toString('hex')}`;
    const shell = objdockerInTerminal(['exec', '-it', web.name, 'sh', '-c', `echo ready; cat; : ${mark}`], {});
    await shows(shell, 'ready');
    shell.type('typed');
    await shows(shell, 'typed');
    shell.type('\u0010\u0011');
    expect(await shell.ended).toBe(0);
    expect(shell.screen.text).toMatch(/typed\ndetached from "sh" in "objtest-\w+"$/);
    expect((await processesWith(mark, 'cmdline')).length).toBeGreaterThan(0);
  });
});

describe('the terminal is restored', () => {
  it('after the command has ended', async () => {
    const terminal = settingsAround(`exec -it ${web.name} sh -c "stty raw -echo; exit 4"`);
    await terminal.ended;
    expectRestored(terminal, 4);
  });

  it('after a command that is not found', async () => {
    const terminal = settingsAround(`exec -it ${web.name} no-such-program`);
    await terminal.ended;
    expectRestored(terminal, 127);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('after %s, which ends the command, too', async (signal, code) => {
    const mark = `mark-${randomBytes(6).toString('hex')}`;
    const terminal = settingsAround(`exec -it ${web.name} sh -c "echo ready; cat; : ${mark}"`);
    await shows(terminal, 'ready');
    process.kill(await pidOf(mark), signal);
    await terminal.ended;
    expectRestored(terminal, code);
    if (signal !== 'SIGHUP') expect(terminal.screen.text).toContain(`\nobjdocker: cancelled by ${signal}\n`);
    expect(await processesWith(mark, 'cmdline')).toEqual([]);
  });

  it('after the engine was killed', async () => {
    await using engine = await startEngine();
    await copyBusybox(engine.env);
    const container = await makeContainer({ env: engine.env });
    const terminal = settingsAround(`exec -it ${container.name} sh -c "echo ready; cat"`, { env: engine.env });
    await shows(terminal, 'ready');
    await engine.kill();
    await terminal.ended;
    expectRestored(terminal, 125);
    expect(terminal.screen.text).toMatch(/^objdocker: .+\nhint: /m);
  });
});

describe('objdocker exec on a terminal', () => {
  it('shows the output with -t alone, and ends the command on Ctrl-C', async () => {
    const mark = `mark-${randomBytes(6).toString('hex')}`;
    const terminal = settingsAround(`exec -t ${web.name} sh -c "tty; sleep 4715; : ${mark}"`);
    await shows(terminal, '/dev/pts/');
    terminal.type('\u0003');
    await terminal.ended;
    expect(terminal.screen.text).toContain('objdocker: cancelled by SIGINT');
    expect(await processesWith(mark, 'cmdline')).toEqual([]);
  });

  it('reads lines until Ctrl-D with -i alone', async () => {
    const terminal = settingsAround(`exec -i ${web.name} cat`);
    await shows(terminal, 'before');
    terminal.type('one line\r');
    await shows(terminal, /one line\n(.*\n)*one line/);
    terminal.type('\u0004');
    await terminal.ended;
    expectRestored(terminal, 0);
  });

  it('ends with the command, without any input', async () => {
    const terminal = settingsAround(`exec -i ${web.name} sh -c "exit 6"`);
    await terminal.ended;
    expectRestored(terminal, 6);
  });
});
