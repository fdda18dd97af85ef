import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { CLI, ROOT } from './cli.ts';

const run = promisify(execFile);

/** A terminal of a given width, without scrolling: it keeps every line. */
export class Screen {
  cursorVisible = true;
  /** Everything as it was written. */
  written = '';
  readonly #columns: number;
  readonly #lines: string[][] = [[]];
  #x = 0;
  #y = 0;
  #unread = '';

  constructor(columns: number) {
    this.#columns = columns;
  }

  /** The lines from the top to the last that is not empty, without spaces at their ends. */
  get lines(): string[] {
    return this.text === '' ? [] : this.text.split('\n');
  }

  get text(): string {
    return this.#lines
      .map((line) => line.join('').trimEnd())
      .join('\n')
      .trimEnd();
  }

  write(text: string): void {
    this.written += text;
    const all = this.#unread + text;
    const pattern = /\u001b\[([?\d;]*)([A-Za-z])|\u001b(?=\[?[?\d;]*$)|./gsu;
    this.#unread = '';
    for (const { 0: part, 1: parameters, 2: command, index } of all.matchAll(pattern)) {
      if (command !== undefined) this.#obey(command, parameters ?? '');
      else if (part === '\u001b') {
        this.#unread = all.slice(index);
        return;
      } else this.#print(part);
    }
  }

  #print(character: string): void {
    if (character === '\r') this.#x = 0;
    else if (character === '\n') this.#goTo(this.#y + 1);
    else if (character >= ' ') {
      if (this.#x === this.#columns) {
        this.#goTo(this.#y + 1);
        this.#x = 0;
      }
      const line = this.#line;
      while (line.length < this.#x) line.push(' ');
      line[this.#x++] = character;
    }
  }

  #obey(command: string, parameters: string): void {
    const count = Number(parameters) || 1;
    if (command === 'A') this.#goTo(Math.max(0, this.#y - count));
    else if (command === 'B') this.#goTo(this.#y + count);
    else if (command === 'C') this.#x = Math.min(this.#columns - 1, this.#x + count);
    else if (command === 'D') this.#x = Math.max(0, this.#x - count);
    else if (command === 'G') this.#x = count - 1;
    else if (command === 'K') this.#line.splice(parameters === '2' ? 0 : this.#x);
    else if (command === 'J') {
      this.#line.splice(this.#x);
      this.#lines.splice(this.#y + 1);
    } else if (parameters === '?25') this.cursorVisible = command === 'h';
    // A shell requests the cursor's position. This terminal does not report it.
    else if (command === 'n') return;
    // Colors and the marks of a frame change no text.
    else if (command !== 'm' && parameters !== '?2026') throw new Error(`unknown sequence: ${parameters}${command}`);
  }

  get #line(): string[] {
    return this.#lines[this.#y] ?? [];
  }

  #goTo(y: number): void {
    this.#y = y;
    while (this.#lines.length <= y) this.#lines.push([]);
  }
}

export interface InTerminal {
  readonly screen: Screen;
  /** Types keys: `\u0003` is Ctrl-C. */
  readonly type: (keys: string) => void;
  /** Resizes the terminal and notifies its programs. The screen's text stays. */
  readonly resize: (columns: number, rows: number) => Promise<void>;
  /** The exit code. */
  readonly ended: Promise<number | null>;
}

export interface TerminalOptions {
  readonly cwd?: string;
  /** @default 80 */
  readonly columns?: number;
  /** @default 24 */
  readonly rows?: number;
  /** Receives what is written to the terminal, too. */
  readonly onText?: (text: string) => void;
  readonly env?: Record<string, string | undefined>;
}

/** Runs the built CLI on a pseudo-terminal. */
export function objdockerInTerminal(args: readonly string[], options: TerminalOptions): InTerminal {
  const words = [process.execPath, CLI, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  return shellInTerminal(`exec ${words}`, options);
}

/** Runs a shell's script on a pseudo-terminal, which `script` makes. */
export function shellInTerminal(text: string, options: TerminalOptions = {}): InTerminal {
  const { cwd = ROOT, columns = 80, rows = 24, onText, env } = options;
  const child = spawn(
    'script',
    ['--quiet', '--return', '--command', `stty cols ${columns} rows ${rows} && ${text}`, '/dev/null'],
    {
      cwd,
      env: { ...process.env, TERM: 'xterm-256color', SHELL: '/bin/sh', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const screen = new Screen(columns);
  child.stdout.setEncoding('utf8').on('data', (text) => {
    screen.write(text);
    onText?.(text);
  });
  return {
    screen,
    type: (keys) => child.stdin.write(keys),
    resize: async (columns, rows) => {
      const [first] = (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')).split(' ');
      const terminal = await readlink(`/proc/${first}/fd/0`);
      await run('stty', ['-F', terminal, 'cols', String(columns), 'rows', String(rows)]);
    },
    ended: once(child, 'close').then(([code]) => code),
  };
}

/**
 * Runs the built CLI in a shell that prints the settings of the terminal before and after it, and the exit code.
 *
 * @param args as a shell reads them
 */
export function settingsAround(args: string, options: TerminalOptions = {}): InTerminal {
  const text = `echo "before $(stty -g)"; "$NODE" "$CLI" ${args}; code=$?; echo; echo "after $(stty -g)"; echo "code $code"`;
  return shellInTerminal(`sh -c '${text.replaceAll("'", `'\\''`)}'`, {
    columns: 200,
    ...options,
    env: { NODE: process.execPath, CLI, ...options.env },
  });
}

/** Checks that the command of {@link settingsAround} left the settings of the terminal unchanged, and its exit code. */
export function expectRestored({ screen }: InTerminal, code: number): void {
  const [, before] = /^before (\S+)$/m.exec(screen.text) ?? [];
  expect(before).toMatch(/:/);
  expect(screen.text).toMatch(new RegExp(`^after ${before}\ncode ${code}$`, 'm'));
  expect(screen.cursorVisible).toBe(true);
}
