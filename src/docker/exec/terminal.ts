import { poll } from '../../lib/poll.ts';
import type { TerminalSize } from '../../model/instance.ts';
import type { PreparedCommand } from './prepared-command.ts';

/** The size of a command's terminal. It may change before the terminal exists. */
export class Terminal {
  #command: PreparedCommand | undefined;
  #size: TerminalSize | undefined;
  #closed = false;

  constructor(size: TerminalSize | undefined) {
    this.#size = size;
  }

  /** Sends the size; the last one wins. Ignores failures: the command keeps its old size, or has exited. */
  async resize(size: TerminalSize): Promise<void> {
    this.#size = size;
    const command = this.#command;
    if (command === undefined) return;
    const { columns, rows } = size;
    const path = `${command.engine.apiPath}/exec/${command.id}/resize?h=${rows}&w=${columns}`;
    // The engine rejects a resize until the process exists.
    const send = async (): Promise<true | undefined> => {
      if (this.#closed || this.#size !== size) return true;
      try {
        const response = await command.engine.http.send(path, { method: 'POST', timeoutMs: 5_000 });
        response.resume();
        return true;
      } catch {
        return undefined;
      }
    };
    await poll(send, { firstMs: 20, longestMs: 200, timeoutMs: 1_500 });
  }

  /** Attaches to a command that is starting. Sends the size unless the engine already started it with that one. */
  attach(command: PreparedCommand, initialSize: TerminalSize | undefined): void {
    this.#command = command;
    if (this.#size !== undefined && this.#size !== initialSize) void this.resize(this.#size);
  }

  close(): void {
    this.#closed = true;
  }
}
