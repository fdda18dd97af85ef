import type { ParseResult, ScalarParser } from '../../config/schema/scalar-parser.ts';
import { ObjDockerError } from '../../errors.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { Prompts } from '../framework/prompts.ts';

/** A value that `init` needs, from an option, a prompt, or what was detected in the project's folder. */
export interface Question<T> {
  /** The option with its placeholder, for the error about a missing value: `--registry HOST`. */
  readonly flag: string;
  readonly prompt: string;
  /** The value of the option. */
  readonly given?: string | undefined;
  /** The detected or default value. */
  readonly detected?: string | undefined;
  /** All possible values, when they are few. The prompt lists them. */
  readonly choices?: readonly string[];
  readonly parser: ScalarParser<T>;
}

/** Takes each value from its option, a prompt, or the detected default, in this order. Reports all problems at once. */
export class InitAnswers {
  /** Undefined when prompts are not possible. */
  readonly #prompts: Prompts | undefined;
  readonly #problems: { readonly text: string; readonly hint: string | undefined }[] = [];
  readonly #missing: string[] = [];

  constructor(prompts: Prompts | undefined) {
    this.#prompts = prompts;
  }

  /** The value; undefined when it is missing or wrong: then {@link InitAnswers.throwProblems} throws. */
  async required<T>({ flag, prompt, given, detected, choices, parser }: Question<T>): Promise<T | undefined> {
    if (given !== undefined) return this.read(flag, parser, given);
    if (this.#prompts === undefined) {
      const result = detected === undefined ? undefined : parser.parse(detected);
      if (result !== undefined && 'value' in result) return result.value;
      this.#missing.push(flag);
      return undefined;
    }
    const text =
      choices === undefined
        ? await this.#prompts.text(prompt, {
            defaultValue: detected === undefined ? undefined : sanitizeLine(detected),
            validate: (typed) => (typed.trim() === '' ? 'Enter a value.' : problemOf(parser.parse(typed.trim()))),
          })
        : await this.#prompts.select(prompt, { choices, initialValue: detected });
    return this.read(flag, parser, text.trim());
  }

  /** As {@link InitAnswers.required}, for a value that may be left empty. */
  async optional<T>({ flag, prompt, given, parser }: Question<T>): Promise<T | undefined> {
    if (given !== undefined) return this.read(flag, parser, given);
    const text = await this.#prompts?.text(prompt, {
      validate: (typed) => (typed.trim() === '' ? undefined : problemOf(parser.parse(typed.trim()))),
    });
    return text === undefined || text.trim() === '' ? undefined : this.read(flag, parser, text.trim());
  }

  /** Reads the value of an option; undefined, and a problem, when it is wrong. */
  read<T>(flag: string, parser: ScalarParser<T>, text: string): T | undefined {
    const result: ParseResult<T> = text === '' ? { problem: 'is empty' } : parser.parse(text);
    if ('value' in result) return result.value;
    this.addProblem(flag, result.problem, result.hint);
    return undefined;
  }

  addProblem(flag: string, problem: string, hint?: string): void {
    this.#problems.push({ text: `${flag.split(' ', 1)[0]}: ${problem}`, hint });
  }

  /** @throws {ObjDockerError} USAGE, when a value is wrong or missing. */
  throwProblems(): void {
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
        ? 'The folder does not tell, and nothing can be asked: give these options, or run it on a terminal without --yes.'
        : more.length === 0
          ? only?.hint
          : undefined;
    throw new ObjDockerError('USAGE', message, { hint });
  }
}

function problemOf(result: ParseResult<unknown>): string | undefined {
  if ('value' in result) return undefined;
  const { problem, hint } = result;
  return sanitizeLine(hint === undefined ? problem : `${problem}. ${hint}`);
}

function list(items: readonly string[]): string {
  return items.length < 2 ? items.join() : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
