import { inject } from 'vitest';

/** Skips a test that this Harbor, or this account, has not what it takes for. One that was started for the run has all of it. */
export function skipLacking(skip: (note: string) => never, reason: string): never {
  if (inject('target').startedForThis) throw new Error(`this is the sandbox's server, and yet ${reason}`);
  return skip(reason);
}
