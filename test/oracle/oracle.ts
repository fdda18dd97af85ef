import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Json } from './facts.ts';

/** A Dockerfile to ask BuildKit about. */
export interface Question {
  readonly dockerfile: Uint8Array;
  readonly buildArgs: Readonly<Record<string, string>>;
}

/** Builds the oracle when that was not done before; undefined where there is no Go, or no way to Go's modules. */
export function buildOracle(): string | undefined {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  const script = fileURLToPath(new URL('build.sh', import.meta.url));
  try {
    return execFileSync(script, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
  } catch {
    return undefined;
  }
}

/** A running oracle. `--batch` answers about Dockerfiles, `--context` about build contexts. */
export class Oracle implements Disposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;
  readonly #iterator: AsyncIterator<string>;

  constructor(program: string, mode: '--batch' | '--context' = '--batch') {
    this.#child = spawn(program, [mode], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#lines = createInterface({ input: this.#child.stdout });
    this.#iterator = this.#lines[Symbol.asyncIterator]();
  }

  /** What BuildKit makes of each Dockerfile, in order. */
  async ask(questions: readonly Question[]): Promise<Json[]> {
    return await this.answer(
      questions.map(({ dockerfile, buildArgs }) => ({
        dockerfile: Buffer.from(dockerfile).toString('base64'),
        buildArgs,
      })),
    );
  }

  /** The responses to requests of any mode, in order. */
  async answer(requests: readonly object[]): Promise<Json[]> {
    for (const request of requests) this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const responses: Json[] = [];
    for (const _request of requests) {
      const { value, done } = await this.#iterator.next();
      if (done === true) throw new Error('the oracle ended');
      responses.push(JSON.parse(value));
    }
    return responses;
  }

  [Symbol.dispose](): void {
    this.#lines.close();
    this.#child.stdin.end();
  }
}
