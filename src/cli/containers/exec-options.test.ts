import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { EXIT_CODES, ExitCode, execFailureCode, passOn } from '../framework/exit-codes.ts';
import { readExecOptions } from './exec-options.ts';

function read(given: Record<string, unknown>, { json = false, isTTY = true } = {}) {
  const stdin = Object.assign(new PassThrough(), { isTTY });
  return readExecOptions(given, { env: { HERE: 'value', EMPTY: '' }, json, stdin });
}

describe('readExecOptions', () => {
  it('passes NAME=VALUE as given, NAME from the environment, and omits unset names', () => {
    const env = ['A=1', 'B==x=', 'C=', 'HERE', 'EMPTY', 'UNSET', 'A=2', '__proto__=p'];
    expect(Object.entries(read({ env }).env)).toEqual([
      ['A', '2'],
      ['B', '=x='],
      ['C', ''],
      ['HERE', 'value'],
      ['EMPTY', ''],
      ['__proto__', 'p'],
    ]);
  });

  it.each([
    ['90', 90_000],
    ['1.5', 1_500],
    ['500ms', 500],
    ['1h30m', 5_400_000],
    [undefined, undefined],
  ])('reads --timeout %s as %s ms', (timeout, milliseconds) => expect(read({ timeout }).timeoutMs).toBe(milliseconds));

  it.each([
    ['a timeout of zero', { timeout: '0' }],
    ['a timeout that is not a time', { timeout: 'soon' }],
    ['a timeout with trailing text', { timeout: '5s ' }],
    ['a timeout that no timer can wait for', { timeout: '25d' }],
    ['a negative timeout', { timeout: '-1' }],
    ['a variable without a name', { env: ['=x'] }],
    ['an empty variable', { env: [''] }],
    ['--tty with --json', { tty: true }, { json: true }],
    ['--tty when standard input is not a terminal', { tty: true, interactive: true }, { isTTY: false }],
  ])('rejects %s', (_what, given, where?: { json?: boolean; isTTY?: boolean }) =>
    expect(() => read(given, where)).toThrow(expect.objectContaining({ code: 'USAGE', hint: expect.any(String) })),
  );

  it('allows --tty without --interactive when standard input is not a terminal', () => {
    expect(read({ tty: true }, { isTTY: false })).toMatchObject({ tty: true, interactive: false });
  });
});

describe('the exit code of exec', () => {
  it('is that of the command, if it is from 0 to 255', () => {
    expect([passOn(0), passOn(255)]).toEqual([0, 255]);
    for (const code of [-1, 256, 1.5, Number.NaN]) expect(() => passOn(code)).toThrow(/exit code/);
  });

  it('of a failure is one that commands rarely use', () => {
    const codes = Object.keys(EXIT_CODES).map((code) => execFailureCode({ code: code as keyof typeof EXIT_CODES }));
    expect(new Set(codes)).toEqual(new Set([70, 124, 125, 126, 127, 130]));
    expect(execFailureCode({ code: 'INSTANCE_NOT_FOUND' })).toBe(ExitCode.notRun);
  });
});
