const CTRL_P = 0x10;
const CTRL_Q = 0x11;

/**
 * Finds the keys by which a user leaves a terminal, Ctrl-P Ctrl-Q, in what is typed. As in the docker client the first is
 * held back until it is known what follows. Not left to the engine: it takes a command that was left for one that failed
 * (exit code 126), and writes so into the terminal (seen with 20.10 and 26).
 */
export class DetachKeys {
  #held = false;
  #pressed = false;

  /** Both were typed, one right after the other. */
  get pressed(): boolean {
    return this.#pressed;
  }

  /** What of the bytes, and of those held back, goes on to the command. */
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

  /** What is still held back when nothing follows any more. */
  rest(): Uint8Array {
    return this.#held ? Uint8Array.of(CTRL_P) : new Uint8Array();
  }
}
