/**
 * Lets one flow wait for promises until somebody interrupts it for good. Unlike a race with one long-lived promise it keeps
 * nothing of those that it has waited for, so it can be used for every piece of an endless stream.
 */
export class Interrupt {
  #interrupted = false;
  #wake: () => void = () => {};

  trigger(): void {
    this.#interrupted = true;
    this.#wake();
  }

  /** What the promise resolves to, or undefined when the interruption comes first. Rejects as the promise does. */
  async wait<Value>(promise: Promise<Value>): Promise<Value | undefined> {
    // Nobody else may be there to see a rejection that comes after the interruption.
    promise.catch(() => {});
    if (this.#interrupted) return undefined;
    return new Promise<Value | undefined>((resolve, reject) => {
      this.#wake = () => resolve(undefined);
      promise.then(resolve, reject);
    });
  }
}
