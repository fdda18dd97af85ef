import type { Writable } from 'node:stream';
import { createColors } from 'picocolors';
import { describe, expect, it } from 'vitest';
import { ObjDockerError } from '../../errors.ts';
import { Output, type OutputOptions, renderError } from './output.ts';
import { TextSink } from './plain-output.fixture.ts';

function capture(options: Partial<Omit<OutputOptions, 'stdout' | 'stderr'>> & { readonly terminal?: boolean } = {}) {
  const { terminal = false, ...given } = options;
  const stream = () => Object.assign(new TextSink(), { isTTY: terminal });
  const [stdout, stderr] = [stream(), stream()];
  const output = new Output({ json: false, quiet: false, verbose: false, color: true, ...given, stdout, stderr });
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
    const output = new Output({ json: false, quiet: false, verbose: false, color: false, stdout: full, stderr: full });
    expect(() => output.print('x')).toThrow(expect.objectContaining({ code: 'OUTPUT_FAILED' }));
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
