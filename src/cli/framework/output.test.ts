import { Writable } from 'node:stream';
import { createColors } from 'picocolors';
import { describe, expect, it } from 'vitest';
import { ObjDockerError } from '../../errors.ts';
import { observeLosses } from './lost-streams.ts';
import { Output, type OutputOptions, renderError } from './output.ts';
import { TextSink } from './plain-output.fixture.ts';

function capture(
  options: Partial<Omit<OutputOptions, 'stdout' | 'stderr' | 'losses'>> & { readonly terminal?: boolean } = {},
) {
  const { terminal = false, ...given } = options;
  const stream = () => Object.assign(new TextSink(), { isTTY: terminal });
  const [stdout, stderr] = [stream(), stream()];
  const losses = observeLosses({ stdout, stderr });
  const output = new Output({
    json: false,
    quiet: false,
    verbose: false,
    color: true,
    ...given,
    stdout,
    stderr,
    losses,
  });
  return { output, stdout: () => stdout.text, stderr: () => stderr.text };
}

describe('Output', () => {
  it('prints results on stdout, and information on stderr', () => {
    const { output, stdout, stderr } = capture();
    output.print('result');
    output.info('information');
    output.debug('detail');
    expect([stdout(), stderr()]).toEqual(['result\n', 'information\n']);
  });

  it('prints only results and warnings with --quiet', () => {
    const { output, stdout, stderr } = capture({ quiet: true });
    output.print('result');
    output.info('information');
    output.warn('careful');
    expect([stdout(), stderr()]).toEqual(['result\n', 'warning: careful\n']);
  });

  it('prints more with --verbose, and shows control characters', () => {
    const { output, stderr } = capture({ verbose: true });
    output.debug('\u001b[31mdetail');
    expect(stderr()).toBe('\\e[31mdetail\n');
  });

  it('prints one JSON output with --json, and nothing else', () => {
    const { output, stdout } = capture({ json: true });
    output.print('result');
    output.printJson('version', { version: '1' });
    expect(JSON.parse(stdout())).toEqual({ version: '1' });
    expect(() => output.printJson('version', { version: '2' })).toThrow('second JSON output');
    expect(JSON.parse(stdout())).toEqual({ version: '1' });
  });

  it.each([
    [true, true, true],
    [true, false, false],
    [false, true, false],
  ])('uses colors only on a terminal and when they are wanted: %s, %s: %s', (terminal, color, colored) => {
    const { output } = capture({ terminal, color });
    expect(output.colors.red('x') !== 'x').toBe(colored);
    expect(output.stderrColors.red('x') !== 'x').toBe(colored);
  });

  it('fails with OUTPUT_FAILED when stdout cannot be written', () => {
    const full = Object.assign(new TextSink(), {
      write: (() => {
        throw new Error('ENOSPC: no space left on device, write');
      }) as Writable['write'],
    });
    const losses = observeLosses({ stdout: full, stderr: full });
    const options = { json: false, quiet: false, verbose: true, color: false };
    const output = new Output({ ...options, losses, stdout: full, stderr: full });
    expect(() => output.print('x')).toThrow(expect.objectContaining({ code: 'OUTPUT_FAILED' }));
    // Nothing that is written on stderr may change the outcome.
    output.info('x');
    output.debug('x');
    output.warn('x');
    output.error(new ObjDockerError('USAGE', 'x'));
  });

  it.each([
    ['stdout', 'EPIPE'],
    ['stderr', 'EPIPE'],
    ['stderr', 'ENOSPC'],
  ] as const)('drops what it sends to %s after %s, also while it waits for the reader', async (name, code) => {
    // It takes no more until the pipe breaks.
    const stuck = () => new Writable({ highWaterMark: 1, write: () => {} });
    const streams = { stdout: stuck(), stderr: stuck() };
    const losses = observeLosses(streams);
    const output = new Output({ json: false, quiet: false, verbose: false, color: false, ...streams, losses });
    const { signal } = new AbortController();
    const sent = output.send(name, 'waits', signal);
    streams[name].destroy(Object.assign(new Error('write failed'), { code }));
    await sent;
    await output.send(name, 'is dropped', signal);
    expect(output.readerIsGone).toBe(name === 'stdout');
  });

  it('fails with OUTPUT_FAILED when stdout cannot take the rest of a result', async () => {
    const stdout = new Writable({ highWaterMark: 1, write: () => {} });
    const streams = { stdout, stderr: new TextSink() };
    const losses = observeLosses(streams);
    const output = new Output({ json: false, quiet: false, verbose: false, color: false, ...streams, losses });
    const sent = output.send('stdout', 'waits', new AbortController().signal);
    stdout.destroy(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
    await expect(sent).rejects.toMatchObject({ code: 'OUTPUT_FAILED' });
  });
});

describe('renderError', () => {
  const render = (details: Readonly<Record<string, unknown>>) =>
    renderError(
      new ObjDockerError('REGISTRY_ERROR', 'HTTP 500', { hint: 'Look at its log for the request id.', details }),
      createColors(false),
    );

  it('shows the id of the request, which finds it in the log of the registry', () => {
    expect(render({ status: 500, requestId: '8b43a50d-643e' })).toBe(
      'objdocker: HTTP 500\n  request id: 8b43a50d-643e\nhint: Look at its log for the request id.',
    );
  });

  it('escapes control characters from a server', () => {
    expect(render({ requestId: 'a\u001b[2J' })).toContain('request id: a\\e[2J');
  });

  it('shows no request id where there is none', () => {
    expect(render({ status: 500 })).toBe('objdocker: HTTP 500\nhint: Look at its log for the request id.');
  });
});
