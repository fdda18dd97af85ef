import type { Kind, Reading } from '../../config/schema/kind.ts';
import { ObjDockerError } from '../../errors.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { wrap } from '../../terminal/wrap.ts';
import type { CommandContext } from '../framework/command.ts';
import type { Questions } from '../framework/questions.ts';

/** Something that `init` has to know. */
export interface Wanted<T> {
  /** As the error for a missing one names it: `--registry HOST`. */
  readonly flag: string;
  readonly question: string;
  /** What the flag says. */
  readonly given?: string | undefined;
  /** What goes without saying. */
  readonly found?: string | undefined;
  readonly kind: Kind<T>;
}

/**
 * Takes each answer from its flag, else from the terminal, else from what was found; what is wrong with flags, and which are
 * missing, is said of all at once.
 */
export class InitAnswers {
  readonly #questions: Questions | undefined;
  readonly #output: CommandContext['output'];
  readonly #problems: { readonly text: string; readonly hint: string | undefined }[] = [];
  readonly #missing: string[] = [];

  constructor(output: CommandContext['output'], questions: Questions | undefined) {
    this.#output = output;
    this.#questions = questions;
  }

  /** Undefined when there is none: {@link InitAnswers.finish} throws then. */
  async one<T>(wanted: Wanted<T>): Promise<T | undefined> {
    const { flag, given, found, kind, question } = wanted;
    if (given !== undefined) return this.read(flag, kind, given);
    if (this.#questions === undefined) {
      const reading = found === undefined ? undefined : kind.read(found);
      if (reading !== undefined && 'value' in reading) return reading.value;
      this.miss(flag);
      return undefined;
    }
    for (;;) {
      const text = (await this.#ask(question, found)) || found;
      if (text === undefined) continue;
      const reading = kind.read(text);
      if ('value' in reading) return reading.value;
      this.#tell(reading);
    }
  }

  /** As {@link InitAnswers.one}, of what one may do without. */
  async optional<T>({ flag, given, kind, question }: Wanted<T>): Promise<T | undefined> {
    if (given !== undefined) return this.read(flag, kind, given);
    for (;;) {
      const text = this.#questions === undefined ? '' : await this.#ask(question, undefined);
      if (text === '') return undefined;
      const reading = kind.read(text);
      if ('value' in reading) return reading.value;
      this.#tell(reading);
    }
  }

  /** The value of a flag; undefined, and noted, when it is wrong. */
  read<T>(flag: string, kind: Kind<T>, text: string): T | undefined {
    const reading: Reading<T> = text === '' ? { problem: 'is empty' } : kind.read(text);
    if ('value' in reading) return reading.value;
    this.refuse(flag, reading.problem, reading.hint);
    return undefined;
  }

  refuse(flag: string, problem: string, hint?: string): void {
    this.#problems.push({ text: `${flag.split(' ', 1)[0]}: ${problem}`, hint });
  }

  miss(flag: string): void {
    this.#missing.push(flag);
  }

  /** @throws {ObjDockerError} USAGE, when a flag was wrong or one is missing. */
  finish(): void {
    const [only, ...more] = this.#problems;
    const lines = this.#problems.map(({ text, hint }) =>
      more.length === 0 || hint === undefined ? text : `${text}. ${hint}`,
    );
    if (this.#missing.length > 0)
      lines.push(`${list(this.#missing)} ${this.#missing.length === 1 ? 'is' : 'are'} missing`);
    if (lines.length === 0) return;
    const message = lines.length === 1 ? lines.join() : `init has ${lines.length} problems:\n${lines.join('\n')}`;
    const hint =
      this.#missing.length > 0
        ? 'Nothing in the folder tells, and nobody can be asked: give these flags, or run it on a terminal without --yes.'
        : more.length === 0
          ? only?.hint
          : undefined;
    throw new ObjDockerError('USAGE', message, { hint });
  }

  async #ask(question: string, found: string | undefined): Promise<string> {
    const shown = found === undefined ? '' : ` [${sanitizeLine(found)}]`;
    return (await this.#questions?.ask(`${question}${shown}: `)) ?? '';
  }

  #tell({ problem, hint }: { readonly problem: string; readonly hint?: string | undefined }): void {
    const text = `  ${sanitizeLine(problem)}${hint === undefined ? '' : `. ${sanitizeLine(hint)}`}`;
    this.#output.stderr.write(`${wrap(text, this.#output.stderrColumns)}\n`);
  }
}

function list(items: readonly string[]): string {
  return items.length < 2 ? items.join() : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
