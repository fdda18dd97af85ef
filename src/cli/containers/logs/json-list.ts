import type { ObjDockerError } from '../../../errors.ts';
import { toJson } from '../../../lib/json.ts';

/** Writes `{"items": […], "total": n}` piece by piece: a log can be larger than memory. */
export class JsonList {
  readonly #send: (piece: string) => Promise<void>;
  #total = 0;

  constructor(send: (piece: string) => Promise<void>) {
    this.#send = send;
  }

  /** How many items are written. Before the first one, nothing is written. */
  get total(): number {
    return this.#total;
  }

  async add(items: readonly unknown[]): Promise<void> {
    if (items.length === 0) return;
    const pieces = items.map((item, at) => `${this.#total + at === 0 ? OPENING : ','}\n    ${toJson(item)}`);
    this.#total += items.length;
    await this.#send(pieces.join(''));
  }

  /** @param error why the list is not complete */
  async end(error?: ObjDockerError): Promise<void> {
    const items = this.#total === 0 ? `${OPENING}]` : '\n  ]';
    const reason = error === undefined ? '' : `,\n  "error": ${toJson(error.toJSON())}`;
    await this.#send(`${items},\n  "total": ${this.#total}${reason}\n}\n`);
  }
}

const OPENING = '{\n  "items": [';
