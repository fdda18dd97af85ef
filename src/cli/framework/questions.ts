import { ObjDockerError } from '../../errors.ts';
import { cancelled } from '../../lib/operation.ts';
import type { CommandContext } from './command.ts';

type Asking = Pick<CommandContext, 'output' | 'stdin' | 'signal'>;

/** Whether somebody sits there who can be asked. */
export function canAsk({ output, stdin }: Pick<Asking, 'output' | 'stdin'>): boolean {
  return stdin.isTTY === true && output.isTerminal('stderr') && !output.json;
}

/** Puts questions to somebody at the terminal, on stderr. */
export interface Questions extends Disposable {
  /**
   * The line that was typed, without spaces around it.
   *
   * @throws {ObjDockerError} CANCELLED on Ctrl-C; USAGE at the end of the input, which is Ctrl-D.
   */
  ask(question: string): Promise<string>;
}

/** Begins to read lines; the terminal stays as it is: Ctrl-C is its own signal, and a line is edited as everywhere. */
export async function openQuestions({ output, stdin, signal }: Asking): Promise<Questions> {
  const { createInterface } = await import('node:readline');
  const lines = createInterface({ input: stdin, terminal: false });
  // What is typed or pasted ahead is an answer to a later question.
  const typed: string[] = [];
  let closed = false;
  let wake = (): void => {};
  lines.on('line', (line) => {
    typed.push(line);
    wake();
  });
  lines.once('close', () => {
    closed = true;
    wake();
  });
  const onAbort = (): void => wake();
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    async ask(question) {
      output.stderr.write(question);
      while (typed.length === 0 && !closed && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
      if (signal.aborted) throw cancelled(signal);
      const line = typed.shift();
      if (line !== undefined) return line.trim();
      output.stderr.write('\n');
      throw new ObjDockerError('USAGE', 'the input ended before every question was answered; nothing was written', {
        hint: 'Answer with flags instead: objdocker init --help.',
      });
    },
    [Symbol.dispose]() {
      signal.removeEventListener('abort', onAbort);
      lines.close();
      stdin.pause();
      stdin.unref?.();
    },
  };
}
