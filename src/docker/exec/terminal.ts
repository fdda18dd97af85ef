import { setTimeout as sleep } from 'node:timers/promises';
import type { TerminalSize } from '../../model/instance.ts';
import type { PreparedCommand } from './prepared-command.ts';

const ATTEMPTS = 10;

/** The size of a command's terminal, which may change before there is one. */
export class Terminal {
  #command: PreparedCommand | undefined;
  #wanted: TerminalSize | undefined;
  #over = false;

  constructor(size: TerminalSize | undefined) {
    this.#wanted = size;
  }

  /** Sends the size; the last one wins. Failures are of no consequence: the command goes on in its old size, or has ended. */
  async resize(size: TerminalSize): Promise<void> {
    this.#wanted = size;
    const command = this.#command;
    if (command === undefined) return;
    const { columns, rows } = size;
    const path = `${command.engine.apiPath}/exec/${command.id}/resize?h=${rows}&w=${columns}`;
    // The engine refuses until the process is there, which takes a moment.
    for (let attempt = 1; attempt <= ATTEMPTS && !this.#over && this.#wanted === size; attempt++) {
      try {
        const answer = await command.engine.http.send(path, { method: 'POST', timeoutMs: 5_000 });
        answer.resume();
        return;
      } catch {
        await sleep(attempt * 20);
      }
    }
  }

  /** The command is about to run, in a terminal of the size `had` when the engine takes one: sends another one. */
  begin(command: PreparedCommand, had: TerminalSize | undefined): void {
    this.#command = command;
    if (this.#wanted !== undefined && this.#wanted !== had) void this.resize(this.#wanted);
  }

  end(): void {
    this.#over = true;
  }
}
