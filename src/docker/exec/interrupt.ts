/**
 * Waits for promises, one at a time, until it is interrupted. A Promise.race with one long-lived promise would keep every
 * promise that it has seen in memory; this does not, so it suits an endless stream.
 */
export class Interrupt {
  #interrupted = false;
  #wake: () => void = () => {};

  trigger(): void {
    this.#interrupted = true;
    this.#wake();
  }

  /** Resolves and rejects as the promise does; resolves to undefined when the interruption comes first. */
  async wait<Value>(promise: Promise<Value>): Promise<Value | undefined> {
    // A rejection after the interruption would otherwise be unhandled.
    promise.catch(() => {});
    if (this.#interrupted) return undefined;
    return new Promise<Value | undefined>((resolve, reject) => {
      this.#wake = () => resolve(undefined);
      promise.then(resolve, reject);
    });
  }
}
