import { describe, expect, it, vi } from 'vitest';
import { isObjDockerError, ObjDockerError } from './errors.ts';

describe('isObjDockerError', () => {
  it('accepts errors of another installed copy', async () => {
    vi.resetModules();
    const other = await import('./errors.ts');
    const error = new other.ObjDockerError('USAGE', 'from the other copy');
    expect(error).not.toBeInstanceOf(ObjDockerError);
    expect(isObjDockerError(error)).toBe(true);
  });

  it.each([new Error('x'), { code: 'USAGE' }, 'USAGE', null, undefined])('rejects %j', (value) =>
    expect(isObjDockerError(value)).toBe(false),
  );
});

describe('ObjDockerError', () => {
  it('converts to JSON without cause and stack, and details cannot replace the code', () => {
    const cause = new Error('login failed for admin:hunter22');
    const error = new ObjDockerError('USAGE', 'wrong', {
      hint: 'write it right',
      cause,
      details: { code: 'X', line: 3 },
    });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: 'USAGE',
      message: 'wrong',
      hint: 'write it right',
      line: 3,
    });
  });
});
