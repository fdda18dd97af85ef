import { ObjDockerError } from '../../errors.ts';
import type { CommandContext } from './command.ts';

/**
 * Asks whether to go on, on stderr; anything but `y` and `yes` is no.
 *
 * @param doing what would be done, for the error: `delete axion/api@sha256:…`
 * @throws {ObjDockerError} USAGE where nobody can be asked; CANCELLED on Ctrl-C.
 */
export async function confirm(
  { output, stdin, signal }: Pick<CommandContext, 'output' | 'stdin' | 'signal'>,
  { question, doing }: { readonly question: string; readonly doing: string },
): Promise<boolean> {
  if (stdin.isTTY !== true || !output.isTerminal('stderr') || output.json) {
    throw new ObjDockerError('USAGE', `nobody is here to be asked whether to ${doing}`, {
      hint: 'Give --yes when you are sure; --dry-run says what it would do.',
    });
  }
  const { createInterface } = await import('node:readline');
  // The terminal stays as it is: Ctrl-C is its own signal, and the line is edited as everywhere.
  const lines = createInterface({ input: stdin, terminal: false });
  try {
    output.stderr.write(`${question} [y/N] `);
    const answer = await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve(''));
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    return /^\s*y(es)?\s*$/i.test(answer);
  } finally {
    lines.close();
    stdin.pause();
    stdin.unref?.();
  }
}
