import { poll } from '../../lib/poll.ts';
import type { TerminalSize } from '../../model/instance.ts';
import type { PreparedCommand } from './prepared-command.ts';

/** How long the engine may take to create the process of a command on a busy machine. */
const PROCESS_MS = 30_000;

/** The size of a command's terminal. It may change before the terminal exists. */
export class Terminal {
  #command: PreparedCommand | undefined;
  #size: TerminalSize | undefined;
  #closed = false;
  #lastRequest = Promise.resolve();

  constructor(size: TerminalSize | undefined) {
    this.#size = size;
  }

  /** Sends the size; the last one wins. Ignores failures: the command keeps its old size, or has exited. */
  async resize(size: TerminalSize): Promise<void> {
    this.#size = size;
    const command = this.#command;
    if (command === undefined) return;
    // One after another: the engine may handle two parallel requests in either order.
    this.#lastRequest = this.#lastRequest.then(() => this.#send(command, size));
    await this.#lastRequest;
  }

  /** Attaches to a command that is starting. Sends the size unless the engine already started it with that one. */
  attach(command: PreparedCommand, initialSize: TerminalSize | undefined): void {
    this.#command = command;
    if (this.#size !== undefined && this.#size !== initialSize) void this.resize(this.#size);
  }

  close(): void {
    this.#closed = true;
  }

  async #send({ engine, id }: PreparedCommand, size: TerminalSize): Promise<void> {
    const path = `${engine.apiPath}/exec/${id}/resize?h=${size.rows}&w=${size.columns}`;
    // The engine rejects a resize until the process exists.
    const attempt = async (): Promise<true | undefined> => {
      if (this.#closed || this.#size !== size) return true;
      try {
        const response = await engine.http.send(path, { method: 'POST', timeoutMs: 5_000 });
        response.resume();
        return true;
      } catch {
        return undefined;
      }
    };
    await poll(attempt, { firstMs: 20, longestMs: 200, timeoutMs: PROCESS_MS });
  }
}
