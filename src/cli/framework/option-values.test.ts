import { describe, expect, it } from 'vitest';
import { waitTimeOf } from './option-values.ts';

describe('waitTimeOf', () => {
  it('reads seconds and spans for a command that waits', () => {
    expect(waitTimeOf({ timeout: '90' }, { waits: true })).toBe(90_000);
    expect(waitTimeOf({ timeout: '1h30m' }, { waits: true })).toBe(5_400_000);
  });

  it('is undefined without --timeout', () => {
    expect(waitTimeOf({}, { waits: false })).toBeUndefined();
  });

  it('refuses a time-out for a command that does not wait', () => {
    expect(() => waitTimeOf({ timeout: '90' }, { waits: false })).toThrow(
      expect.objectContaining({ code: 'USAGE', message: '--timeout needs --wait' }),
    );
  });

  it.each(['0', '-1', 'soon', '25d'])('refuses %s', (timeout) => {
    expect(() => waitTimeOf({ timeout }, { waits: true })).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
