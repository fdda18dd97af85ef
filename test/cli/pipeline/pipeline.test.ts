import { execFile, spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JSON_OUTPUTS } from '../../../src/cli/json-output.ts';
import { ROOT } from '../../harness/cli.ts';
import { until } from '../../harness/processes.ts';
import { objdockerInTerminal } from '../../harness/terminal.ts';
import { CRITICAL, createFixture, type OwnFixture } from '../../pipeline/fixture.ts';

const SERVICES = ['api', 'report'];
const REPORTS = ['index.html', 'junit.xml', 'result.json', 'results.sarif'];

let fixture: OwnFixture;

beforeAll(async () => {
  fixture = await createFixture({ services: SERVICES });
});

afterAll(() => fixture[Symbol.asyncDispose]());

/** A fixture whose images are rejected. */
async function rejectingFixture(): Promise<OwnFixture> {
  const rejecting = await createFixture({ services: SERVICES });
  for (const service of SERVICES) await rejecting.harbor.planScans(`axion/${service}-shop`, { findings: [CRITICAL] });
  return rejecting;
}

async function eventsIn(name: string): Promise<ReturnType<(typeof JSON_OUTPUTS)['pipeline-event']['parse']>[]> {
  const text = await readFile(fixture.workspace.path(name), 'utf8');
  expect(text.endsWith('\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON_OUTPUTS['pipeline-event'].parse(JSON.parse(line)));
}

describe('objdocker pipeline', () => {
  it('logs each stage, and then prints the result', async () => {
    const { code, stdout, stderr } = await fixture.workspace.cli([
      'pipeline',
      '--report',
      'out/run',
      '--events',
      'run.jsonl',
    ]);
    expect(code, stderr).toBe(0);
    const stages = stderr.split('\n').map((line) => line.split(':', 1)[0]);
    expect(new Set(stages.filter(Boolean))).toEqual(
      new Set(['pipeline', 'preflight', 'recover', 'plan', 'build', 'push', 'scan', 'gate', 'promote']),
    );
    expect(stdout).toMatch(/^PASSED: all 2 images may be released\n/);
    for (const service of SERVICES)
      expect(stdout).toMatch(
        new RegExp(
          `^${service} +${fixture.harbor.host}/axion/${service}-shop:1\\.0 +built +sha256:[0-9a-f]{64} +\\d+ +created`,
          'm',
        ),
      );
    expect(stdout).toContain(`reports: ${REPORTS.join(', ')} in ${fixture.workspace.path('out/run')}\n`);
    expect(stdout).toMatch(/\nrelease \d+: 1\.0 points to these 2 images \(.+\)\n$/);
    expect((await readdir(fixture.workspace.path('out/run'))).sort()).toEqual(REPORTS);
    const events = await eventsIn('run.jsonl');
    expect(events[0]?.type).toBe('run-started');
    expect(events.at(-1)).toMatchObject({ type: 'run-finished', run: { outcome: 'passed', promoted: true } });
  });

  it('writes events to stdout with --events -, and the result to stderr', async () => {
    const { code, stdout, stderr } = await fixture.workspace.cli(['pipeline', '--events', '-']);
    expect(code, stderr).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    for (const line of lines) JSON_OUTPUTS['pipeline-event'].parse(JSON.parse(line));
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ type: 'run-finished' });
    expect(stderr).toContain('\nPASSED: all 2 images may be released\n');
  });

  it('exits with 1, the rejecting findings and the reports when an image is rejected', async () => {
    await using rejecting = await rejectingFixture();
    const { code, stdout, stderr } = await rejecting.workspace.cli(['pipeline', '--report', 'out']);
    expect(code, stderr).toBe(1);
    expect(stdout).toMatch(/^REJECTED: 2 of 2 images may not be released\n/);
    expect(stdout).toContain('CVE-2026-0001');
    expect(stdout).toContain('\nnot promoted: the public tags were not touched');
    expect(stdout).toContain('\nnext: fix the listed findings');
    expect((await readdir(rejecting.workspace.path('out'))).sort()).toEqual(REPORTS);
  });

  it.each([
    [['--verbose'], { stderr: 'after-first-bytes' }],
    [['--json'], { stderr: 'at-start' }],
    [['--events', '-'], { stdout: 'after-first-bytes' }],
    [['--events', '-'], { stdout: 'at-start', stderr: 'at-start' }],
  ] as const)('releases all the same when the reader of %j leaves: %j', async (args, unread) => {
    await fixture.workspace.change();
    const { code } = await fixture.workspace.cli(['pipeline', '--report', 'unread', ...args], { unread });
    const run = JSON.parse(await readFile(fixture.workspace.path('unread/result.json'), 'utf8'));
    expect([code, run.outcome, run.promoted]).toEqual([0, 'passed', true]);
    expect(await fixture.registry.contents()).toMatchObject(await fixture.workspace.contents());
  });

  it('rejects with exit code 1 when its readers leave', async () => {
    await using rejecting = await rejectingFixture();
    const before = await rejecting.registry.publicTags();
    const unread = { stdout: 'at-start', stderr: 'after-first-bytes' } as const;
    expect(await rejecting.workspace.cli(['pipeline'], { unread })).toMatchObject({ code: 1 });
    expect(await rejecting.registry.publicTags()).toEqual(before);
  });

  it('releases all the same when the reader of the named pipe of --events leaves', async () => {
    await fixture.workspace.change();
    const pipe = fixture.workspace.path('events.fifo');
    await promisify(execFile)('mkfifo', [pipe]);
    const reader = spawn('head', ['-n', '1', pipe], { stdio: 'ignore' });
    const { code, stderr } = await fixture.workspace.cli(['pipeline', '--events', 'events.fifo']);
    expect(code, stderr).toBe(0);
    expect(reader.exitCode).toBe(0);
    expect(await fixture.registry.contents()).toMatchObject(await fixture.workspace.contents());
  });

  it('states that nothing was scanned', async () => {
    const { code, stdout, stderr } = await fixture.workspace.cli(['pipeline', '--no-scan']);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^NOT SCANNED: /);
  });

  it('prints one JSON error with the run, and writes events and reports, when a build fails', async () => {
    const args = [
      'pipeline',
      '--json',
      '--builder',
      'nowhere-to-be-found',
      '--report',
      'failed',
      '--events',
      'failed.jsonl',
    ];
    await fixture.workspace.change();
    const { code, stdout } = await fixture.workspace.cli(args);
    const { error } = JSON.parse(stdout);
    expect(JSON_OUTPUTS.error.parse({ error }).error.code).not.toBe('INTERNAL');
    expect(code).toBe(3);
    expect(error.run).toMatchObject({ outcome: 'failed', promoted: false });
    JSON_OUTPUTS.pipeline.parse(error.run);
    const events = await eventsIn('failed.jsonl');
    expect(events.at(-1)).toMatchObject({
      type: 'run-finished',
      run: { outcome: 'failed', error: { code: error.code } },
    });
    expect((await readdir(fixture.workspace.path('failed'))).sort()).toEqual(REPORTS);
  });

  it('prints the result when a report cannot be written', async () => {
    const path = fixture.workspace.path('taken/result.json');
    const running = fixture.workspace.cli(['pipeline', '--json', '--report', 'taken']);
    await until(
      () => readFile(path, 'utf8').catch(() => ''),
      (text) => text.includes('"unfinished"'),
    );
    await rm(path);
    await mkdir(path);
    const { code, stdout, stderr } = await running;
    expect(code).toBe(3);
    expect(JSON_OUTPUTS.pipeline.parse(JSON.parse(stdout))).toMatchObject({ promoted: true });
    expect(stderr).toMatch(/^objdocker: cannot write .*result\.json/m);
  });

  it.each([
    [['--clean', '--no-scan'], '--clean cannot be combined with --no-scan'],
    [['--clean', '-s', 'api'], '--clean cannot be combined with --service'],
    [['--clean', '--report', 'x'], '--clean cannot be combined with --report'],
    [['--clean', '--older-than', 'soon'], '--older-than "soon" is not a duration'],
    [['--older-than', '1h'], '--older-than needs --clean'],
    [['--dry-run', '--report', 'x'], '--dry-run cannot be combined with --report'],
    [['--no-scan', '--timeout', '5m'], '--no-scan cannot be combined with --timeout'],
    [['--timeout', '-1'], '--timeout "-1" is not a duration of at most 24 days'],
    [['--report', ''], '--report has an empty value'],
    [['--json', '--events', '-'], '--json cannot be combined with --events -: both write to stdout'],
  ])('rejects %j', async (args, message) => {
    const { code, stderr } = await fixture.workspace.cli(['pipeline', ...args]);
    expect([code, stderr.split('\n')[0]]).toEqual([2, `objdocker: ${message}`]);
  });

  it.each([
    ['--report', '/dev/null/x'],
    ['--report', '/proc/x'],
    ['--events', '/dev/null/x'],
  ])('does nothing when %s cannot be created', async (...args) => {
    await fixture.harbor.resetTraffic();
    const { code, stdout, stderr } = await fixture.workspace.cli(['pipeline', '--json', ...args]);
    expect(code, stderr).toBe(3);
    expect(JSON.parse(stdout).error.code).toBe('OUTPUT_FAILED');
    expect((await fixture.harbor.traffic()).recent).toEqual([]);
  });

  it('removes old staging tags with --clean, and only lists them with --dry-run', async () => {
    const { code, stdout, stderr } = await fixture.workspace.cli([
      'pipeline',
      '--clean',
      '--dry-run',
      '--older-than',
      '1s',
    ]);
    expect(code, stderr).toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toBe('no staging tags of runs that started more than 1s ago\n');
    const json = await fixture.workspace.cli(['pipeline', '--clean', '--json']);
    expect(JSON_OUTPUTS['pipeline-clean'].parse(JSON.parse(json.stdout))).toEqual({
      dryRun: false,
      removed: [],
      notRemoved: [],
    });
  });
});

describe('objdocker pipeline on a terminal', () => {
  it('shows the stages while they run, and keeps them above the result', async () => {
    await fixture.workspace.change();
    const { screen, ended } = objdockerInTerminal(['pipeline'], {
      cwd: fixture.workspace.directory,
      env: fixture.workspace.env,
      columns: 100,
    });
    await until(
      () => screen.text,
      (text) => /^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] (build|push|scan) /m.test(text),
    );
    expect(screen.cursorVisible).toBe(false);
    expect(screen.lines.at(-1)).toBe('· registries');
    expect(await ended, screen.text).toBe(0);
    expect(screen.cursorVisible).toBe(true);
    expect(screen.lines[0]).toMatch(/^✓ pipeline +\d.*s {2}shop 1\.0, 2 images$/);
    expect(screen.lines.slice(1, 10).map((line) => line.split(/\s+/)[1])).toEqual([
      'preflight',
      'recover',
      'plan',
      'build',
      'push',
      'scan',
      'gate',
      'promote',
      'registries',
    ]);
    expect(screen.lines.slice(10, 12)).toEqual(['', 'PASSED: all 2 images may be released']);
    expect(screen.lines.at(-1)).toMatch(/^release \d+: 1\.0 points to these 2 images/);
  });

  it('resets the terminal on Ctrl-C, and prints what happened to the public tags', async () => {
    await fixture.workspace.change();
    const before = await fixture.registry.publicTags();
    const { screen, type, ended } = objdockerInTerminal(['pipeline'], {
      cwd: fixture.workspace.directory,
      env: fixture.workspace.env,
      columns: 100,
    });
    await until(
      () => screen.text,
      (text) => /^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] (build|push|scan) /m.test(text),
    );
    type('\u0003');
    expect(await ended).toBe(130);
    expect(screen.cursorVisible).toBe(true);
    expect(screen.text).toContain('objdocker: cancelled by SIGINT; not promoted: the public tags were not touched');
    expect(screen.text).not.toMatch(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏·]/m);
    expect(await fixture.registry.publicTags()).toEqual(before);
  });

  it('prints its help', async () => {
    const { stdout } = await fixture.workspace.cli(['pipeline', '--help'], { cwd: ROOT });
    expect(stdout).toMatch(/^Usage: objdocker pipeline \[options\] \[PACKAGE\]\n/m);
  });
});
