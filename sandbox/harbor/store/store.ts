import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HarborState, Repository } from './state.ts';

const EMPTY: HarborState = {
  ids: {},
  users: [],
  robots: [],
  projects: [],
  repositories: [],
  scanners: [],
  scanPlans: {},
  gcRuns: [],
  trash: [],
  configurations: {},
};

/** The state of the server, kept in one JSON file. */
export class Store {
  readonly state: HarborState;
  readonly isNew: boolean;
  readonly #file: string;
  readonly #durable: boolean;
  readonly #repositories = new Map<string, Repository>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(folder: string, { durable = false }: { readonly durable?: boolean | undefined } = {}) {
    this.#durable = durable;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#file = join(folder, 'state.json');
    const known = readState(this.#file);
    this.isNew = known === undefined;
    this.state = known ?? structuredClone(EMPTY);
    for (const repository of this.state.repositories) this.#repositories.set(repository.name, repository);
  }

  /** The next id of a kind, starting at 1. */
  nextId(kind: string): number {
    const id = (this.state.ids[kind] ?? 0) + 1;
    this.state.ids[kind] = id;
    return id;
  }

  repository(name: string): Repository | undefined {
    return this.#repositories.get(name);
  }

  addRepository(repository: Repository): Repository {
    this.state.repositories.push(repository);
    this.#repositories.set(repository.name, repository);
    return repository;
  }

  removeRepository(name: string): void {
    this.#repositories.delete(name);
    this.state.repositories = this.state.repositories.filter((repository) => repository.name !== name);
  }

  /** Writes the file within 250 ms, so that many changes need one write. A durable store writes immediately. */
  save(): void {
    if (this.#durable) {
      this.#writeNow();
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#writing.then(() => this.#write());
    }, 250);
    this.#timer.unref();
  }

  /** Writes the pending changes. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#writing;
    this.#writeNow();
  }

  #writeNow(): void {
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.state), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }

  async #write(): Promise<void> {
    await writeFile(`${this.#file}.new`, JSON.stringify(this.state), { mode: 0o600 });
    await rename(`${this.#file}.new`, this.#file);
  }
}

function readState(file: string): HarborState | undefined {
  try {
    return { ...structuredClone(EMPTY), ...(JSON.parse(readFileSync(file, 'utf8')) as HarborState) };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
