import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { EXIT_CODES, ExitCode, execFailureCode, passOn } from '../framework/exit-codes.ts';
import { readExecOptions } from './exec-options.ts';

function read(given: Record<string, unknown>, { json = false, isTTY = true } = {}) {
  const stdin = Object.assign(new PassThrough(), { isTTY });
  return readExecOptions(given, { env: { HERE: 'value', EMPTY: '' }, json, stdin });
}

describe('readExecOptions', () => {
  it('takes NAME=VALUE as it is, NAME from here, and leaves out what is not set', () => {
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
  ])('--timeout %s is %s ms', (timeout, milliseconds) => expect(read({ timeout }).timeoutMs).toBe(milliseconds));

  it.each([
    ['no time at all', { timeout: '0' }],
    ['a time that is none', { timeout: 'soon' }],
    ['a time with something after it', { timeout: '5s ' }],
    ['a time that no timer can wait for', { timeout: '25d' }],
    ['a negative time', { timeout: '-1' }],
    ['a variable without a name', { env: ['=x'] }],
    ['an empty variable', { env: [''] }],
    ['a terminal in a document', { tty: true }, { json: true }],
    ['a terminal that is none', { tty: true, interactive: true }, { isTTY: false }],
  ])('refuses %s', (_what, given, where?: { json?: boolean; isTTY?: boolean }) =>
    expect(() => read(given, where)).toThrow(expect.objectContaining({ code: 'USAGE', hint: expect.any(String) })),
  );

  it('gives a command a terminal also where there is none to type on', () => {
    expect(read({ tty: true }, { isTTY: false })).toMatchObject({ tty: true, interactive: false });
  });
});

describe('the exit code', () => {
  it('of a command is ours, if it can be one', () => {
    expect([passOn(0), passOn(255)]).toEqual([0, 255]);
    for (const code of [-1, 256, 1.5, Number.NaN]) expect(() => passOn(code)).toThrow(/exit code/);
  });

  it('of a failure is never one that a command is likely to end with', () => {
    const codes = Object.keys(EXIT_CODES).map((code) => execFailureCode({ code: code as keyof typeof EXIT_CODES }));
    expect(new Set(codes)).toEqual(new Set([70, 124, 125, 126, 127, 130]));
    expect(execFailureCode({ code: 'INSTANCE_NOT_FOUND' })).toBe(ExitCode.notRun);
  });
});
