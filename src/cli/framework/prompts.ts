import { Writable } from 'node:stream';
import type { CANCEL_SYMBOL } from '@clack/prompts';
import { ObjDockerError } from '../../errors.ts';
import type { OutputStream } from '../../terminal/output-stream.ts';
import type { CommandContext } from './command.ts';

type PromptContext = Pick<CommandContext, 'output' | 'stdin' | 'signal'>;

/** Why nothing can be asked; undefined when it can. */
export function promptObstacle({ output, stdin }: Pick<PromptContext, 'output' | 'stdin'>): string | undefined {
  if (output.json) return '--json prints JSON only';
  if (stdin.isTTY !== true) return 'standard input is not a terminal';
  return output.isTerminal('stderr') ? undefined : 'standard error is not a terminal';
}

/**
 * Asks whether to go on; Enter alone is no.
 *
 * @param action what would be done, for the hint: `delete axion/api@sha256:…`
 * @throws {ObjDockerError} USAGE where nothing can be asked; CANCELLED on Ctrl-C, Ctrl-D and Escape.
 */
export async function confirm(
  context: PromptContext,
  { question, action }: { readonly question: string; readonly action: string },
): Promise<boolean> {
  const obstacle = promptObstacle(context);
  if (obstacle !== undefined) {
    throw new ObjDockerError('USAGE', `cannot prompt: ${obstacle}`, {
      hint: `Give --yes to ${action} without a prompt, or --dry-run to see what it would do.`,
    });
  }
  using prompts = await openPrompts(context);
  // Awaited here: the prompts close at the end of this function.
  return await prompts.confirm(question, { initialValue: false });
}

/** Prompts on stderr, one at a time. Each method throws {@link ObjDockerError} CANCELLED on Ctrl-C, Ctrl-D and Escape. */
export interface Prompts extends Disposable {
  confirm(message: string, options: { readonly initialValue: boolean }): Promise<boolean>;
  /** Asks for a line of text, until `validate` finds no problem with it. Enter alone is the default value. */
  text(
    message: string,
    options: {
      readonly defaultValue?: string | undefined;
      readonly validate: (text: string) => string | undefined;
    },
  ): Promise<string>;
  select(
    message: string,
    options: { readonly choices: readonly string[]; readonly initialValue?: string | undefined },
  ): Promise<string>;
}

/** Opens prompts where {@link promptObstacle} finds none. */
export async function openPrompts({ output, stdin, signal }: PromptContext): Promise<Prompts> {
  // Loaded only for a prompt, which few commands show.
  const clack = await import('@clack/prompts');
  const stderr = output.stderrColors.isColorSupported ? output.stderr : new ColorlessStream(output.stderr);

  async function ask<Value>(
    prompt: (common: {
      input: typeof stdin;
      output: Writable;
      signal: AbortSignal;
    }) => Promise<Value | typeof CANCEL_SYMBOL>,
  ): Promise<Value> {
    // One for each prompt: clack never removes its listener, and would draw a closed prompt again.
    const closing = new AbortController();
    const close = (): void => closing.abort();
    const onKey = (_text: unknown, key: { readonly name?: string; readonly ctrl?: boolean } | undefined): void => {
      // clack waits forever when readline closes on Ctrl-D.
      if (key?.ctrl === true && key.name === 'd') close();
    };
    signal.addEventListener('abort', close);
    stdin.on('keypress', onKey).on('end', close);
    try {
      if (signal.aborted) close();
      const value = await prompt({ input: stdin, output: stderr, signal: closing.signal });
      if (!clack.isCancel(value)) return value;
      throw signal.aborted ? signal.reason : new ObjDockerError('CANCELLED', 'cancelled at a prompt');
    } finally {
      stdin.off('keypress', onKey).off('end', close);
      signal.removeEventListener('abort', close);
    }
  }

  return {
    confirm: (message, { initialValue }) => ask((common) => clack.confirm({ ...common, message, initialValue })),
    text: (message, { defaultValue, validate }) =>
      ask((common) =>
        clack.text({
          ...common,
          message,
          ...(defaultValue === undefined ? {} : { defaultValue, placeholder: defaultValue }),
          validate: (text) => validate(text || (defaultValue ?? '')),
        }),
      ),
    select: (message, { choices, initialValue }) =>
      ask((common) =>
        clack.select({
          ...common,
          message,
          options: choices.map((value) => ({ value })),
          ...(initialValue === undefined ? {} : { initialValue }),
        }),
      ),
    [Symbol.dispose]() {
      stdin.pause();
      stdin.unref?.();
    },
  };
}

/** A terminal without colors: clack has no option for that, and Node 20 does not heed NO_COLOR for it. */
class ColorlessStream extends Writable {
  readonly isTTY = true;
  readonly #terminal: OutputStream;

  constructor(terminal: OutputStream) {
    super({ decodeStrings: false });
    this.#terminal = terminal;
  }

  get columns(): number | undefined {
    return this.#terminal.columns;
  }

  get rows(): number | undefined {
    return this.#terminal.rows;
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#terminal.write(chunk.toString().replace(/\u001b\[[\d;]*m/g, ''), done);
  }
}
