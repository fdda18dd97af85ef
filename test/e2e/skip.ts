import { inject } from 'vitest';

/** Skips a test that this Harbor or this account does not support. The sandbox supports all of them, so there it fails. */
export function skipUnsupported(skip: (note: string) => never, reason: string): never {
  if (inject('target').isSandbox) throw new Error(`the sandbox must support this test, but ${reason}`);
  return skip(reason);
}
