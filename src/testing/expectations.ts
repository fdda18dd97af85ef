import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { type ErrorCode, isObjDockerError, type ObjDockerError } from '../errors.ts';
import { poll } from '../lib/poll.ts';

/** Awaits work, and fails when it does not end in time, because a hanging substrate breaks the contract. */
export async function withTimeout<T>(milliseconds: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new assert.AssertionError({ message: `${what} did not end within ${milliseconds} ms` })),
      milliseconds,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Polls until the condition is true. */
export async function waitUntil(what: string, condition: () => Promise<boolean>, milliseconds = 20_000): Promise<void> {
  const holds = await poll(async () => (await condition()) || undefined, { firstMs: 50, timeoutMs: milliseconds });
  assert.ok(holds, `not true within ${milliseconds} ms: ${what}`);
}

/** Returns the error of work that must fail. The error must be an ObjDockerError with a message. */
export async function expectFailure(what: string, work: Promise<unknown>): Promise<ObjDockerError> {
  let outcome: unknown;
  try {
    outcome = await withTimeout(20_000, what, work);
  } catch (error) {
    assert.ok(isObjDockerError(error), `${what} failed with an error that is not an ObjDockerError: ${String(error)}`);
    assert.notEqual(error.message, '', `${what} failed without a message`);
    return error;
  }
  return assert.fail(`${what} did not fail; it returned ${inspect(outcome, { depth: 1, maxStringLength: 200 })}`);
}

export async function expectCode(code: ErrorCode, what: string, work: Promise<unknown>): Promise<ObjDockerError> {
  const error = await expectFailure(what, work);
  assert.equal(error.code, code, `${what} failed with ${error.code} (${error.message}) instead of ${code}`);
  return error;
}

/** Asserts that a value survives JSON unchanged. */
export function assertPlain(value: unknown): void {
  assert.deepStrictEqual(JSON.parse(JSON.stringify(value)), value);
}

/** Asserts that a time is ISO 8601 in UTC, and within ten minutes of now. */
export function assertRecent(time: string | undefined, what: string): void {
  assert.match(time ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, `${what} is not a time in UTC`);
  // The clock of the substrate may differ. A wrong time zone or unit would differ by more.
  assert.ok(Math.abs(Date.now() - Date.parse(time ?? '')) < 600_000, `${what} is ${time}, which is not recent`);
}
