import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JSON_OUTPUTS } from '../../../src/cli/json-output.ts';
import { objdocker } from '../../harness/cli.ts';
import {
  BUSYBOX,
  copyBusybox,
  makeContainer,
  type TestContainer,
  type TestContainerOptions,
} from '../../harness/containers.ts';
import { until } from '../../harness/processes.ts';
import { configYaml, createProject, TWO_SERVICES } from '../../harness/project.ts';
import { runJson } from '../../harness/run-json.ts';
import { docker, startEngine } from '../../harness/sandbox.ts';
import { objdockerInTerminal, type Screen } from '../../harness/terminal.ts';

/** Part of all names, and of the label that is listed: other tests use the same engine. */
const RUN = `cli-${randomBytes(4).toString('hex')}`;
const LISTED = ['--label', `run=${RUN}`];
const NOWHERE = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };

const made: TestContainer[] = [];
let running: TestContainer;
let failed: TestContainer;
let created: TestContainer;

async function make(name: string, options: TestContainerOptions = {}): Promise<TestContainer> {
  const container = await makeContainer({ ...options, name: `${RUN}-${name}` });
  made.push(container);
  return container;
}

const inspect = (name: string, format: string) => docker(['inspect', '--format', format, name]);
const stateOf = (name: string) => inspect(name, '{{.State.Status}}');

beforeAll(async () => {
  const options = [...LISTED, '--publish', '127.0.0.1::80', '--label', 'note=a\u001b[31mb'];
  running = await make('running', { options });
  failed = await make('failed', { options: LISTED, command: ['sh', '-c', 'exit 7'] });
  created = await make('created', { options: LISTED, start: false });
  await until(
    () => stateOf(failed.name),
    (state) => state === 'exited',
  );
});

afterAll(async () => {
  for (const container of made) await container[Symbol.asyncDispose]();
});

describe('list', () => {
  it('prints all containers, newest first, as one JSON object', async () => {
    const { document } = await runJson('list', ['list', ...LISTED]);
    expect(document.total).toBe(3);
    expect(document.items.map(({ id, name, state }) => [id, name, state])).toEqual([
      [created.id, created.name, 'created'],
      [failed.id, failed.name, 'exited'],
      [running.id, running.name, 'running'],
    ]);
    const published = Number((await docker(['port', running.name, '80/tcp'])).split(':').at(-1));
    expect(document.items[2]).toMatchObject({
      image: { reference: BUSYBOX, id: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
      ports: [{ port: 80, protocol: 'tcp', published: { address: '127.0.0.1', port: published } }],
      labels: { run: RUN, note: 'a\u001b[31mb' },
    });
  });

  it.each<[string[], string[]]>([
    [['--status', 'running'], ['running']],
    [
      ['--status', 'created', '--status', 'exited'],
      ['created', 'failed'],
    ],
    [['--name', `${RUN}-cr`], ['created']],
    [
      ['--name', `${RUN}-cr`, '--name', `${RUN}-fa`],
      ['created', 'failed'],
    ],
    [['--name', `${RUN}-cr`, '--status', 'running'], []],
    [['--label', 'note'], ['running']],
    [['--label', 'note=other'], []],
  ])('filters by %j', async (filters, names) => {
    const { document } = await runJson('list', ['ps', ...LISTED, ...filters]);
    expect(document.items.map(({ name }) => name)).toEqual(names.map((name) => `${RUN}-${name}`));
  });

  it('prints a table without colors and with complete cells to a pipe', async () => {
    const { stdout, stderr } = await objdocker(['list', ...LISTED]);
    const [heading, first, ...rest] = stdout.trimEnd().split('\n');
    expect(heading).toMatch(/^NAME +IMAGE +STATUS +PORTS +CREATED +ID$/);
    expect(first).toMatch(new RegExp(`^${created.name} +${BUSYBOX} +Created +20[-0-9]+T[:.0-9]+Z +${created.id}$`));
    expect(rest).toHaveLength(2);
    expect(stderr).toBe('');
  });

  it('prints only ids with --quiet', async () => {
    const ids = `${created.id}\n${failed.id}\n${running.id}\n`;
    for (const words of [
      ['list', '--quiet'],
      ['ps', '-q'],
      ['ps', '-aq'],
    ])
      expect(await objdocker([...words, ...LISTED])).toEqual({ code: 0, stdout: ids, stderr: '' });
  });

  it('prints nothing on stdout and a note on stderr when no container matches', async () => {
    const none = ['list', '--label', `run=${RUN}-none`];
    expect(await objdocker(none)).toEqual({ code: 0, stdout: '', stderr: 'no container matches the filters\n' });
    expect(await objdocker([...none, '--quiet'])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await runJson('list', none)).document).toEqual({ items: [], total: 0 });
  });

  it.each([60, 80, 140])('fits a terminal of %i columns, in color unless NO_COLOR is set', async (columns) => {
    const { screen, ended } = objdockerInTerminal(['list', ...LISTED], { cwd: '/', columns });
    expect(await ended).toBe(0);
    expect(screen.lines).toHaveLength(4);
    expect(screen.lines[0]).toMatch(/^NAME +.*STATUS/);
    expect(screen.lines[1]).toMatch(new RegExp(`^${created.name} .*Created`));
    expect(screen.lines[2]).toMatch(/Exited \(7\)/);
    expect(screen.written).toMatch(/\u001b\[31mExited \(7\)/);
    expect(screen.written).toMatch(/\u001b\[32mUp/);
    const plain = objdockerInTerminal(['list', ...LISTED], { cwd: '/', columns, env: { NO_COLOR: '1' } });
    expect(await plain.ended).toBe(0);
    expect(plain.screen.written).not.toContain('\u001b');
    expect(withoutAges(plain.screen)).toEqual(withoutAges(screen));
  });

  it('reads no config.yaml, not even with OBJDOCKER_PACKAGE', async () => {
    await using project = await createProject({ 'config.yaml': 'a: [b' });
    const { code, stderr } = await objdocker(['list', ...LISTED], {
      cwd: project.directory,
      env: { OBJDOCKER_PACKAGE: 'shop' },
    });
    expect(code, stderr).toBe(0);
  });

  it("lists the containers of a package's images with --package", async () => {
    const host = 'registry.example.com:5000';
    await using project = await createProject({
      Dockerfile: TWO_SERVICES,
      'config.yaml': configYaml({ host, image: { services: ['web', 'worker'] } }),
    });
    const images = [`${host}/web-shop:${RUN}`, `${host}/web-shopper:${RUN}`];
    try {
      for (const image of images) await docker(['tag', BUSYBOX, image]);
      await make('of-package', { image: images[0] ?? '', options: LISTED, start: false });
      await make('of-other', { image: images[1] ?? '', options: LISTED, start: false });
      const options = { cwd: project.directory };
      const { document } = await runJson('list', ['list', ...LISTED, '--package', 'shop'], options);
      expect(document.items.map(({ name }) => name)).toEqual([`${RUN}-of-package`]);
      const unknown = await runJson('error', ['list', '--package', 'shap'], { ...options, code: 2 });
      expect(unknown.document.error.code).toBe('PACKAGE_UNKNOWN');
    } finally {
      for (const name of ['of-package', 'of-other']) await docker(['rm', '--force', `${RUN}-${name}`]);
      await docker(['rmi', '--force', ...images]);
    }
  });
});

describe('get', () => {
  it('finds a container by its name, its id and a prefix of the id', async () => {
    for (const name of [running.name, running.id, running.id.slice(0, 12)]) {
      const { document } = await runJson('get', ['get', name]);
      expect(document.items).toMatchObject([{ id: running.id, name: running.name, state: 'running', restartCount: 0 }]);
    }
    const { document } = await runJson('get', ['inspect', failed.name]);
    expect(document.items).toMatchObject([{ state: 'exited', exitCode: 7, command: ['sh', '-c', 'exit 7'] }]);
    expect((await objdocker(['get', '--quiet', failed.name])).stdout).toBe(`${failed.id}\n`);
  });

  it('prints sections, and escapes control characters', async () => {
    const { screen, ended } = objdockerInTerminal(['get', running.name], { cwd: '/', columns: 100 });
    expect(await ended).toBe(0);
    expect(screen.lines[0]).toBe(running.name);
    expect(screen.lines[1]).toMatch(new RegExp(`^ {2}id +${running.id}$`));
    expect(screen.text).toMatch(/\nports\n {2}127\.0\.0\.1:\d+->80\/tcp\n/);
    expect(screen.text).toContain(`\n  note=a\\e[31mb\n`);
    const { stdout } = await objdocker(['get', failed.name]);
    expect(stdout).toMatch(/^ {2}ended +.+, exit code 7$/m);
  });

  it('suggests the nearest name for an unknown container', async () => {
    const wrong = `${running.name.slice(0, -1)}`;
    const { document } = await runJson('get', ['get', wrong], { code: 1 });
    expect(document.items).toEqual([
      {
        name: wrong,
        error: expect.objectContaining({ code: 'INSTANCE_NOT_FOUND', hint: expect.stringContaining(running.name) }),
      },
    ]);
  });

  it('shows several containers in the given order, and goes on when one is missing', async () => {
    const none = `${RUN}-none`;
    const { document } = await runJson('get', ['get', failed.name, none, running.name, failed.name], { code: 1 });
    expect(document).toMatchObject({
      items: [{ id: failed.id }, { name: none, error: { code: 'INSTANCE_NOT_FOUND' } }, { id: running.id }],
      total: 3,
    });
    const { code, stdout, stderr } = await objdocker(['get', '-q', failed.name, none, running.name]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: `${failed.id}\n${running.id}\n` });
    expect(stderr).toContain(`there is no container "${none}"`);
    const shown = await objdocker(['get', failed.name, running.name]);
    expect(shown.stdout).toMatch(new RegExp(`^${failed.name}\n(.+\n)+(\n.+\n(.+\n)+)*\n${running.name}\n`));
  });
});

describe('start, stop and delete', () => {
  it('change several containers, and continue when one fails', async () => {
    const [one, two] = [await make('one'), await make('two')];
    const none = `${RUN}-none`;
    const stopped = await runJson('stop', ['stop', one.name, none, two.id, one.name], { code: 1 });
    expect(stopped.document).toEqual({
      items: [
        { id: one.id, name: one.name, changed: true, killed: false, exitCode: 0 },
        { name: none, error: expect.objectContaining({ code: 'INSTANCE_NOT_FOUND' }) },
        { id: two.id, name: two.name, changed: true, killed: false, exitCode: 0 },
      ],
      total: 3,
    });
    expect([await stateOf(one.id), await stateOf(two.id)]).toEqual(['exited', 'exited']);

    const started = await objdocker(['start', one.name, none, two.name]);
    expect(started.code).toBe(1);
    expect(started.stdout.trimEnd().split('\n').sort()).toEqual([`${one.name}: started`, `${two.name}: started`]);
    expect(started.stderr).toMatch(new RegExp(`^objdocker: there is no container "${none}"\nhint: `));
    expect([await stateOf(one.id), await stateOf(two.id)]).toEqual(['running', 'running']);

    const deleted = await runJson('delete', ['rm', '--force', one.name, two.name]);
    expect(deleted.document.items).toEqual([one, two].map(({ id, name }) => ({ id, name, changed: true })));
    await expect(stateOf(one.id)).rejects.toThrow(/no such/i);
  });

  it('change nothing when the container already is in that state', async () => {
    expect(await objdocker(['start', running.name])).toEqual({
      code: 0,
      stdout: `${running.name}: already running\n`,
      stderr: '',
    });
    expect((await objdocker(['stop', failed.name])).stdout).toBe(`${failed.name}: not running\n`);
    expect((await runJson('stop', ['stop', failed.name])).document.items).toEqual([
      { id: failed.id, name: failed.name, changed: false, killed: false },
    ]);
    expect((await runJson('start', ['start', running.name])).document.items).toEqual([
      { id: running.id, name: running.name, changed: false, state: 'running' },
    ]);
  });

  it('restart containers, also one that does not run or deletes itself at its end', async () => {
    const one = await make('restart-one', { command: ['sleep', '1000'] });
    const two = await make('restart-two', { command: ['sleep', '1000'], options: ['--rm'] });
    const idle = await make('restart-idle', { command: ['sleep', '1000'], start: false });
    const started = async (id: string) => inspect(id, '{{.State.StartedAt}}');
    const before = [await started(one.id), await started(two.id)];
    const none = `${RUN}-none`;
    const names = [one.name, two.name, idle.name, none];
    const { document } = await runJson('restart', ['restart', '--timeout', '0', ...names], { code: 1 });
    expect(document.items).toEqual([
      ...[one, two, idle].map(({ id, name }) => ({ id, name, changed: true, state: 'running' })),
      { name: none, error: expect.objectContaining({ code: 'INSTANCE_NOT_FOUND' }) },
    ]);
    for (const [index, id] of [one.id, two.id].entries()) expect(await started(id)).not.toBe(before[index]);
    expect((await objdocker(['restart', '-t', '0', one.name])).stdout).toBe(`${one.name}: restarted\n`);
    const exited = await objdocker(['restart', failed.name]);
    expect(exited).toMatchObject({ code: 1, stderr: expect.stringMatching(/ exit code 7\nhint: /) });
  });

  it('explain a failed start, with exit code 1', async () => {
    const { code, stdout, stderr } = await objdocker(['start', failed.name]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^objdocker: .*"${failed.name}".* exit code 7\nhint: .*objdocker logs`));
  });

  it('print only names with --quiet', async () => {
    const { code, stdout, stderr } = await objdocker(['stop', '--quiet', failed.name, `${RUN}-none`]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: `${failed.name}\n` });
    expect(stderr).toMatch(/^objdocker: there is no container/);
  });

  it('print that a process was killed, after the time-out or at once with --force', async () => {
    await make('deaf', { command: ['sleep', '1000'] });
    const name = `${RUN}-deaf`;
    using recorded = await recordSignals(name);
    expect((await objdocker(['stop', '--timeout', '1', name])).stdout).toBe(
      `${name}: killed, because it did not stop within 1 s\n`,
    );
    await docker(['start', name]);
    expect((await objdocker(['stop', '-f', name])).stdout).toBe(`${name}: killed\n`);
    await until(
      () => recorded.signals.length,
      (count) => count >= 3,
    );
    expect(recorded.signals).toEqual(['15', '9', '9']);
    expect(await inspect(name, '{{.State.ExitCode}}')).toBe('137');
  });

  it('reject the delete of a running container, with a hint', async () => {
    const { code, stdout, stderr } = await objdocker(['delete', running.name]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^objdocker: .*is running.*\nhint: .*--force/);
    expect(await stateOf(running.name)).toBe('running');
  });

  it('delete only anonymous volumes with --volumes', async () => {
    const named = `${RUN}-volume`;
    const volumes = ['--volume', '/anonymous', '--volume', `${named}:/named`];
    try {
      for (const flags of [[], ['--volumes']]) {
        await make('volumes', { start: false, options: volumes });
        const name = `${RUN}-volumes`;
        const anonymous = await inspect(
          name,
          '{{range .Mounts}}{{if eq .Destination "/anonymous"}}{{.Name}}{{end}}{{end}}',
        );
        expect((await objdocker(['delete', name, ...flags])).stdout).toBe(`${name}: deleted\n`);
        const left = (await docker(['volume', 'ls', '--quiet'])).split('\n');
        expect(left).toContain(named);
        expect(left.includes(anonymous)).toBe(flags.length === 0);
        if (flags.length === 0) await docker(['volume', 'rm', anonymous]);
      }
    } finally {
      await docker(['volume', 'rm', '--force', named]);
    }
  });

  it('list on Ctrl-C what was interrupted, and what was not started', async () => {
    const slow: string[] = [];
    for (let index = 0; index < 9; index++)
      slow.push((await make(`slow-${index}`, { command: ['sleep', '1000'] })).name);
    const none = `${RUN}-none`;
    const words = ['stop', '--timeout', '60', failed.name, none, ...slow];
    const { screen, type, ended } = objdockerInTerminal(words, { cwd: '/', columns: 400 });
    await until(
      () => screen.text,
      (text) => text.includes('not running') && text.includes('hint:'),
    );
    // Wait until all others got their signal.
    await until(
      () =>
        docker([
          'events',
          '--since',
          '5m',
          '--until',
          '0s',
          '--filter',
          'event=kill',
          '--format',
          '{{.Actor.Attributes.name}}',
        ]),
      (events) => events.split('\n').filter((name) => slow.includes(name)).length === 8,
    );
    type('\u0003');
    expect(await ended).toBe(130);
    // The terminal echoes the key.
    expect(screen.lines.slice(-3)).toEqual([
      `^Cinterrupted while stopping; the engine may still finish: ${slow.slice(0, 8).join(', ')}`,
      `not started: ${slow[8]}`,
      'objdocker: cancelled by SIGINT',
    ]);
    for (const name of slow) await docker(['kill', name]).catch(() => {});
  });
});

describe('an unreachable engine', () => {
  it.each([['list'], ['get', 'a'], ['start', 'a', 'b'], ['stop', 'a', 'b'], ['delete', 'a', 'b'], ['logs', 'a']])(
    'is reported once by %s',
    async (...args) => {
      const { code, stdout, stderr } = await objdocker(args, { env: NOWHERE });
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
      expect(stderr.match(/^objdocker: /gm)).toHaveLength(1);
      const { document } = await runJson('error', args, { env: NOWHERE, code: 3 });
      expect(document.error.code).toBe('ENGINE_UNREACHABLE');
    },
  );
});

it('an engine that stops during a stop of several containers is reported once, with exit code 3', async () => {
  await using engine = await startEngine();
  await copyBusybox(engine.env);
  const { env } = engine;
  await using one = await makeContainer({ env, command: ['sleep', '1000'] });
  await using two = await makeContainer({ env, command: ['sleep', '1000'] });
  const stopping = objdocker(['stop', '--timeout', '60', '--json', one.name, two.name], { env });
  await until(
    () => docker(['events', '--since', '5m', '--until', '0s', '--filter', 'event=kill', '--format', '.'], env),
    (events) => events.split('\n').length === 2,
  );
  await engine.kill();
  const { code, stdout, stderr } = await stopping;
  // Only a running engine can remove its containers.
  await engine.start();
  expect(code, stderr).toBe(3);
  expect(stderr.match(/^objdocker: /gm)).toHaveLength(1);
  const document = JSON_OUTPUTS.stop.parse(JSON.parse(stdout));
  expect(document.items).toEqual(
    [one, two].map(({ name }) => ({ name, error: expect.objectContaining({ code: 'ENGINE_UNREACHABLE' }) })),
  );
});

describe('an invalid container name', () => {
  it.each([
    ['an option', '-x'],
    ['an option of the command', '--force'],
    ['a command', '$(id)'],
    ['a space', 'a b'],
    ['a path', 'a/../b'],
    ['a newline', 'a\nb'],
    ['an escape', '\u001b[31m'],
    ['nothing', ''],
    ['10,000 characters', 'x'.repeat(10_000)],
    ['an emoji', '🎉'],
  ])('is rejected: %s', async (_what, name) => {
    for (const command of ['get', 'logs']) {
      const { code, stdout, stderr } = await objdocker([command, '--', name]);
      expect([1, 2], stderr).toContain(code);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/^objdocker: .*container.*\nhint: /);
      expect(stderr).not.toContain('\u001b');
      expect(stderr.length).toBeLessThan(1_000);
    }
    const { document } = await runJson('delete', ['delete', '--force', '--', name], { code: 1 });
    expect(document.items).toEqual([{ name, error: expect.objectContaining({ message: expect.any(String) }) }]);
  });
});

describe('an invalid command line', () => {
  it.each([
    [['list', '--status', 'runing'], /runing.*did you mean "running"/],
    [['stop', '--timeout', '-1', 'a'], /--timeout "-1" is not a number of seconds/],
    [['stop', '--timeout', '1.5', 'a'], /--timeout/],
    [['stop', '--timeout', '', 'a'], /--timeout/],
    [['stop'], /NAME/],
    [['get'], /NAME/],
    [['restart', '--timeout', '-1', 'a'], /--timeout "-1" is not a number of seconds/],
    [['logs', '--tail', 'some', 'a'], /--tail "some" is not a number of lines, or "all"/],
    [['logs', '--since', 'yesterday', 'a'], /--since "yesterday" is not a time/],
  ])('is rejected: %j', async (args, message) => {
    const { document } = await runJson('error', args, { code: 2, env: NOWHERE });
    expect(document.error).toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(message),
      hint: expect.any(String),
    });
  });
});

/** Records the signals that the engine sends to a container from now on. */
async function recordSignals(name: string): Promise<{ readonly signals: readonly string[] } & Disposable> {
  const signals: string[] = [];
  const filters = ['--filter', `container=${name}`, '--filter', 'event=kill', '--filter', 'event=pause'];
  const events = spawn('docker', ['events', ...filters, '--format', '{{.Action}} {{.Actor.Attributes.signal}}']);
  let isListening = false;
  createInterface({ input: events.stdout }).on('line', (line) => {
    const [action, signal = ''] = line.split(' ');
    if (action === 'kill') signals.push(signal);
    else isListening = true;
  });
  // The client does not say when it listens: pause the container until an event arrives.
  await until(
    async () => {
      await docker(['pause', name]);
      await docker(['unpause', name]);
      return isListening;
    },
    (listening) => listening,
  );
  return { signals, [Symbol.dispose]: () => void events.kill() };
}

/** Replaces the ages in a list, which change while a test runs. */
function withoutAges(screen: Screen): string[] {
  return screen.lines.map((line) => line.replace(/\d+ ?(s|seconds?|m|minutes?)\b/g, 'AGE').replace(/ +/g, ' '));
}
