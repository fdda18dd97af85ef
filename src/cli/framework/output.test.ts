import { PassThrough, type Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Output, type OutputOptions } from './output.ts';

function capture(options: Partial<Omit<OutputOptions, 'stdout' | 'stderr'>> & { readonly terminal?: boolean } = {}) {
  const { terminal = false, ...given } = options;
  const stream = () => Object.assign(new PassThrough(), { isTTY: terminal });
  const [stdout, stderr] = [stream(), stream()];
  const output = new Output({ json: false, quiet: false, verbose: false, color: true, ...given, stdout, stderr });
  const read = (from: PassThrough) => String(from.read() ?? '');
  return { output, stdout: () => read(stdout), stderr: () => read(stderr) };
}

describe('Output', () => {
  it('keeps the answer, notes and details apart', () => {
    const { output, stdout, stderr } = capture();
    output.print('answer');
    output.info('note');
    output.debug('detail');
    expect([stdout(), stderr()]).toEqual(['answer\n', 'note\n']);
  });

  it('is silent but for the answer and warnings with --quiet', () => {
    const { output, stdout, stderr } = capture({ quiet: true });
    output.print('answer');
    output.info('note');
    output.warn('careful');
    expect([stdout(), stderr()]).toEqual(['answer\n', 'warning: careful\n']);
  });

  it('says more with --verbose, control characters shown', () => {
    const { output, stderr } = capture({ verbose: true });
    output.debug('\u001b[31mdetail');
    expect(stderr()).toBe('\\e[31mdetail\n');
  });

  it('prints one document with --json, and nothing beside it', () => {
    const { output, stdout } = capture({ json: true });
    output.print('answer');
    output.printJson('version', { version: '1' });
    expect(JSON.parse(stdout())).toEqual({ version: '1' });
    expect(() => output.printJson('version', { version: '2' })).toThrow('second JSON document');
    expect(stdout()).toBe('');
  });

  it.each([
    [true, true, true],
    [true, false, false],
    [false, true, false],
  ])('on a terminal %s and wanted %s: colours %s', (terminal, color, colored) => {
    const { output } = capture({ terminal, color });
    expect(output.colors.red('x') !== 'x').toBe(colored);
    expect(output.stderrColors.red('x') !== 'x').toBe(colored);
  });

  it('says what went wrong with stdout', () => {
    const full = Object.assign(new PassThrough(), {
      write: (() => {
        throw new Error('ENOSPC: no space left on device, write');
      }) as Writable['write'],
    });
    const output = new Output({ json: false, quiet: false, verbose: false, color: false, stdout: full, stderr: full });
    expect(() => output.print('x')).toThrow(expect.objectContaining({ code: 'OUTPUT_FAILED' }));
  });
});
