import { hash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { ObjDockerError } from '../../../errors.ts';
import { makeFolders, writeAtomically } from '../../../lib/files/files.ts';
import { parseJson, parseObject } from '../../../lib/json.ts';
import type { NodeStat, NodeType } from './node.ts';
import type { Slices } from './slices.ts';

/** Of the format, and of what a digest is over. */
const VERSION = 1;
/** A folder that was not read in so many runs that changed the cache is dropped. */
const MAX_UNUSED_RUNS = 20;
const MAX_FILES_A_LINE = 1_000;
const MAX_CONTEXTS = 100;
const MAX_UNUSED_MS = 30 * 24 * 60 * 60_000;
/** Longer than the clock of any file system stands still: two seconds on FAT. */
const SETTLED_MS = 3_000;
const DIGEST_LENGTH = 64;

const TYPES: readonly NodeType[] = ['file', 'directory', 'symlink', 'socket', 'fifo', 'device'];

/** What must be the same for a digest to hold. */
const FIELDS: readonly ((stat: NodeStat) => number)[] = [
  ({ type }) => TYPES.indexOf(type),
  ({ mode }) => mode,
  ({ size }) => size,
  ({ mtime }) => mtime,
  ({ ctime }) => ctime,
  ({ dev }) => dev,
  ({ ino }) => ino,
];

interface CachedFolder {
  /** The number of the run that asked for it last. */
  run: number;
  /** As they are in the file. */
  readonly lines: readonly string[];
  /** What the lines say, once something asked. */
  rows?: Rows;
  /** New digests, by name. */
  readonly added: Map<string, { readonly stat: NodeStat; readonly digest: string }>;
}

interface Rows {
  /** The number of each name's row. */
  readonly names: ReadonlyMap<string, number>;
  /** The fields of each row. */
  readonly fields: Float64Array;
  /** The digests of all rows, one behind the other. */
  readonly digests: string;
}

/**
 * The digests of earlier runs, in one file for each context. Each line is a folder, or a part of one, with a checksum of its own: what
 * is damaged is left out. Whoever writes last wins; what that loses is hashed again.
 */
export class DigestCache {
  readonly #folder: string;
  readonly #file: string;
  readonly #hasAttributes: boolean;
  readonly #opened = Date.now();
  readonly #folders = new Map<string, CachedFolder>();
  #run = 1;
  #isChanged = false;

  private constructor(folder: string, context: string, hasAttributes: boolean) {
    this.#folder = folder;
    this.#file = join(folder, `${hash('sha256', context).slice(0, 32)}.cache`);
    this.#hasAttributes = hasAttributes;
  }

  /**
   * Reads the file, if there is one.
   *
   * @param context the real path of the context's folder
   * @param hasAttributes whether digests are over extended attributes, too
   */
  static async open(
    folder: string,
    context: string,
    { hasAttributes, slices }: { hasAttributes: boolean; slices: Slices },
  ): Promise<DigestCache> {
    const cache = new DigestCache(folder, context, hasAttributes);
    await cache.#read(slices);
    return cache;
  }

  /** The digest of a node that has not changed since. */
  find(folder: string, name: string, stat: NodeStat): string | undefined {
    const cached = this.#folders.get(folder);
    if (cached === undefined) return undefined;
    // That it is in use is written now and then: a run that changes nothing else should not write the file.
    if (cached.run < this.#run - MAX_UNUSED_RUNS / 2) this.#isChanged = true;
    cached.run = this.#run;
    cached.rows ??= readRows(cached.lines);
    const row = cached.rows.names.get(name);
    if (row === undefined) return undefined;
    const { fields, digests } = cached.rows;
    for (let field = 0; field < FIELDS.length; field++)
      if (fields[row * FIELDS.length + field] !== FIELDS[field]?.(stat)) return undefined;
    return digests.slice(row * DIGEST_LENGTH, (row + 1) * DIGEST_LENGTH);
  }

  /**
   * Adds a digest. One of a node that was changed shortly before this run is not kept: the next change might leave its times as they
   * are, because a file system's clock moves in steps.
   */
  add(folder: string, name: string, stat: NodeStat, digest: string): void {
    if (Math.max(stat.mtime, stat.ctime) > this.#opened - SETTLED_MS) return;
    const cached = this.#folders.get(folder) ?? { run: this.#run, lines: [], added: new Map() };
    cached.added.set(name, { stat, digest });
    this.#folders.set(folder, cached);
    this.#isChanged = true;
  }

  /**
   * Writes the file if there is something new, and removes those of contexts that were not read for long. Failing is no error.
   *
   * @param namesIn the names in a folder; undefined when it was not listed
   */
  async save(slices: Slices, namesIn: (folder: string) => { has(name: string): boolean } | undefined): Promise<void> {
    try {
      if (!this.#isChanged) return utimesSync(this.#file, new Date(), new Date());
      const lines: string[] = [];
      for (const line of this.#linesToWrite(namesIn)) {
        if (slices.isOver()) await slices.next();
        lines.push(line);
      }
      await makeFolders(this.#folder, { mode: 0o700 });
      await writeAtomically(this.#file, lines, { mode: 0o600 });
      this.#isChanged = false;
      this.#removeUnused();
    } catch (error) {
      // Without a cache, everything is read again.
      if (error instanceof ObjDockerError && error.code === 'CANCELLED') throw error;
    }
  }

  async #read(slices: Slices): Promise<void> {
    let text: string;
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch {
      return;
    }
    const end = text.indexOf('\n');
    const header = parseObject(text.slice(0, end));
    if (header?.version !== VERSION || typeof header.run !== 'number') return;
    // Without attributes, a digest may be wrong; with them it is right also where they can no longer be read.
    if (this.#hasAttributes && header.hasAttributes !== true) return;
    this.#run = header.run + 1;
    for (let from = end + 1, to = text.indexOf('\n', from); from > 0 && to !== -1; to = text.indexOf('\n', from)) {
      if (slices.isOver()) await slices.next();
      this.#readLine(text.slice(from, to));
      from = to + 1;
    }
  }

  #readLine(line: string): void {
    const content = line.slice(line.indexOf('\t') + 1);
    if (line !== `${checksum(content)}\t${content}`) return;
    const [run = '', folder = '', ...row] = content.split('\t');
    const path = String(parseJson(folder));
    const lines = [...(this.#folders.get(path)?.lines ?? []), row.join('\t')];
    this.#folders.set(path, { run: Number(run), lines, added: new Map() });
  }

  *#linesToWrite(namesIn: (folder: string) => { has(name: string): boolean } | undefined): Generator<string> {
    yield `${JSON.stringify({ version: VERSION, run: this.#run, hasAttributes: this.#hasAttributes })}\n`;
    for (const [folder, cached] of this.#folders) {
      if (cached.run < this.#run - MAX_UNUSED_RUNS) continue;
      const lines = cached.added.size === 0 ? cached.lines : mergedLines(cached, namesIn(folder));
      for (const line of lines) {
        const content = `${cached.run}\t${JSON.stringify(folder)}\t${line}`;
        yield `${checksum(content)}\t${content}\n`;
      }
    }
  }

  #removeUnused(): void {
    const files = readdirSync(this.#folder)
      .filter((name) => /^[0-9a-f]{32}\.cache$/.test(name))
      .map((name) => join(this.#folder, name))
      .map((path) => ({ path, time: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
      .sort((a, b) => b.time - a.time);
    const oldest = Date.now() - MAX_UNUSED_MS;
    for (const [index, { path, time }] of files.entries())
      if (index >= MAX_CONTEXTS || time < oldest) rmSync(path, { force: true });
  }
}

/** Reads lines of this module: they have the right checksum. */
function readRows(lines: readonly string[]): Rows {
  const parts = lines.map((line) => line.split('\t'));
  const names = parts.flatMap(([json = '']) => {
    const value = parseJson(json);
    return Array.isArray(value) ? value.map(String) : [];
  });
  const bytes = Buffer.concat(parts.map(([, base64 = '']) => Buffer.from(base64, 'base64')));
  return {
    names: new Map(names.map((name, row) => [name, row])),
    // A copy: the bytes may begin anywhere in memory.
    fields: new Float64Array(new Uint8Array(bytes).buffer),
    digests: parts.map(([, , digests = '']) => digests).join(''),
  };
}

/** The lines of a folder with what was added, without names that are no longer in it. */
function* mergedLines(
  { lines, rows = readRows(lines), added }: CachedFolder,
  there: { has(name: string): boolean } | undefined,
): Generator<string> {
  const old = [...rows.names].filter(([name]) => !added.has(name) && there?.has(name) !== false);
  const all = [
    ...old.map(([name, row]) => ({
      name,
      fields: rows.fields.subarray(row * FIELDS.length, (row + 1) * FIELDS.length),
      digest: rows.digests.slice(row * DIGEST_LENGTH, (row + 1) * DIGEST_LENGTH),
    })),
    ...[...added].map(([name, { stat, digest }]) => ({ name, fields: FIELDS.map((field) => field(stat)), digest })),
  ];
  for (let from = 0; from < all.length; from += MAX_FILES_A_LINE) {
    const part = all.slice(from, from + MAX_FILES_A_LINE);
    const fields = new Float64Array(part.length * FIELDS.length);
    for (const [row, each] of part.entries()) fields.set(each.fields, row * FIELDS.length);
    const base64 = Buffer.from(fields.buffer).toString('base64');
    yield [JSON.stringify(part.map(({ name }) => name)), base64, part.map(({ digest }) => digest).join('')].join('\t');
  }
}

function checksum(text: string): string {
  return hash('sha256', text).slice(0, 16);
}
