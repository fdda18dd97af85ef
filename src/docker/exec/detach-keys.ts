const CTRL_P = 0x10;
const CTRL_Q = 0x11;

/**
 * Finds the detach keys Ctrl-P Ctrl-Q in terminal input. Like the docker client, it holds Ctrl-P back until the next key.
 * The engine could do this, but it reports a detached command as failed (exit code 126) and prints that into the terminal
 * (Engine 20.10 and 26).
 */
export class DetachKeys {
  #held = false;
  #pressed = false;

  /** Whether Ctrl-Q followed Ctrl-P directly. */
  get pressed(): boolean {
    return this.#pressed;
  }

  /** The bytes to pass on to the command: those held back, then the given ones. */
  pass(bytes: Uint8Array): Uint8Array {
    const passed: number[] = [];
    for (const byte of bytes) {
      if (this.#held && byte === CTRL_Q) {
        this.#pressed = true;
        break;
      }
      if (this.#held) passed.push(CTRL_P);
      this.#held = byte === CTRL_P;
      if (!this.#held) passed.push(byte);
    }
    return Uint8Array.from(passed);
  }

  /** The bytes still held back at the end of the input. */
  rest(): Uint8Array {
    return this.#held ? Uint8Array.of(CTRL_P) : new Uint8Array();
  }
}
