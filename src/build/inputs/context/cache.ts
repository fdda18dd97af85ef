import { hash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolders, writeAtomically } from '../../../lib/files/files.ts';
import { asRecord, parseJson } from '../../../lib/json.ts';
import type { NodeStat } from './node.ts';
import type { Slices } from './slices.ts';

/** Of the format, and of what a digest is over. */
const VERSION = 1;
/** A folder that was not read in so many runs that changed the cache is dropped. */
const MAX_UNUSED_RUNS = 20;
const MAX_ENTRIES_A_LINE = 1_000;
const MAX_CONTEXTS = 100;
const MAX_UNUSED_MS = 30 * 24 * 60 * 60_000;
/** Longer than the clock of any file system stands still: two seconds on FAT. */
const SETTLED_MS = 3_000;

/** A digest, and what the file system said of the node then. */
type CacheEntry = readonly [
  name: string,
  type: string,
  mode: number,
  size: number,
  mtime: number,
  ctime: number,
  dev: number,
  ino: number,
  digest: string,
];

interface CachedFolder {
  /** The number of the run that read it last. */
  run: number;
  /** JSON of entries. */
  readonly lines: string[];
  /** Parsed when it is asked for. */
  entries: Map<string, CacheEntry> | undefined;
}

/**
 * The digests of earlier runs, in one file for each context. Each line is a folder, or a part of one, with a checksum of its own: what
 * is damaged is left out. Whoever writes last wins; what that loses is hashed again.
 */
export class DigestCache {
  readonly #folder: string;
  readonly #file: string;
  readonly #hasAttributes: boolean;
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
    const [, type, mode, size, mtime, ctime, dev, ino, digest] = this.#entriesOf(folder)?.get(name) ?? [];
    const isSame =
      type === stat.type &&
      mode === stat.mode &&
      size === stat.size &&
      mtime === stat.mtime &&
      ctime === stat.ctime &&
      dev === stat.dev &&
      ino === stat.ino;
    return isSame ? digest : undefined;
  }

  /**
   * Adds a digest. One of a node that was changed shortly before it was looked at is not kept: the next change might leave its times
   * as they are, because a file system's clock moves in steps.
   *
   * @param lookedAt in milliseconds, before the content was read
   */
  add(
    folder: string,
    name: string,
    { stat, lookedAt, digest }: { stat: NodeStat; lookedAt: number; digest: string },
  ): void {
    if (Math.max(stat.mtime, stat.ctime) > lookedAt - SETTLED_MS) return;
    const { type, mode, size, mtime, ctime, dev, ino } = stat;
    const cached = this.#folders.get(folder) ?? { run: this.#run, lines: [], entries: new Map<string, CacheEntry>() };
    this.#folders.set(folder, cached);
    this.#entriesOf(folder)?.set(name, [name, type, mode, size, mtime, ctime, dev, ino, digest]);
    this.#isChanged = true;
  }

  /** Forgets what is no longer in a folder. */
  keepOnly(folder: string, names: { has(name: string): boolean }): void {
    const entries = this.#folders.get(folder)?.entries;
    for (const name of entries?.keys() ?? []) if (!names.has(name)) entries?.delete(name);
  }

  /** Writes the file if there is something new, and removes those of contexts that were not read for long. Failing is no error. */
  async save(slices: Slices): Promise<void> {
    try {
      if (!this.#isChanged) return utimesSync(this.#file, new Date(), new Date());
      const lines: string[] = [];
      for (const line of this.#linesToWrite()) {
        if (slices.isOver()) await slices.next();
        lines.push(line);
      }
      await makeFolders(this.#folder, { mode: 0o700 });
      await writeAtomically(this.#file, lines, { mode: 0o600 });
      this.#isChanged = false;
      this.#removeUnused();
    } catch (error) {
      // Without a cache, everything is read again.
      if (asRecord(error)?.code === 'CANCELLED') throw error;
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
    const header = asRecord(parseJson(text.slice(0, end)));
    if (header?.version !== VERSION || typeof header.run !== 'number') return;
    // Without attributes, a digest may be wrong; with them it is right also where they can no longer be read.
    if (this.#hasAttributes && header.hasAttributes !== true) return;
    this.#run = header.run + 1;
    for (let from = end + 1; from > 0 && from < text.length; ) {
      if (slices.isOver()) await slices.next();
      const to = text.indexOf('\n', from);
      if (to === -1) return;
      this.#readLine(text.slice(from, to));
      from = to + 1;
    }
  }

  #readLine(line: string): void {
    const [sum, run = '', folder = '', entries = ''] = line.split('\t');
    if (sum !== checksum(`${run}\t${folder}\t${entries}`)) return;
    const path = String(parseJson(folder));
    const cached = this.#folders.get(path) ?? { run: Number(run), lines: [], entries: undefined };
    cached.lines.push(entries);
    this.#folders.set(path, cached);
  }

  #entriesOf(folder: string): Map<string, CacheEntry> | undefined {
    const cached = this.#folders.get(folder);
    if (cached === undefined) return undefined;
    cached.run = this.#run;
    cached.entries ??= new Map(
      cached.lines.flatMap((line) => {
        const entries = parseJson(line);
        return Array.isArray(entries) ? entries.filter(isEntry).map((entry) => [entry[0], entry] as const) : [];
      }),
    );
    return cached.entries;
  }

  *#linesToWrite(): Generator<string> {
    yield `${JSON.stringify({ version: VERSION, run: this.#run, hasAttributes: this.#hasAttributes })}\n`;
    for (const [folder, { run, lines, entries }] of this.#folders) {
      if (run < this.#run - MAX_UNUSED_RUNS) continue;
      for (const line of entries === undefined ? lines : inLines([...entries.values()])) {
        const content = `${run}\t${JSON.stringify(folder)}\t${line}`;
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

/** An entry is what this module wrote: its line has the right checksum. */
function isEntry(value: unknown): value is CacheEntry {
  return Array.isArray(value) && typeof value[0] === 'string' && typeof value[8] === 'string';
}

function checksum(text: string): string {
  return hash('sha256', text).slice(0, 16);
}

function* inLines(entries: readonly CacheEntry[]): Generator<string> {
  for (let from = 0; from < entries.length; from += MAX_ENTRIES_A_LINE)
    yield JSON.stringify(entries.slice(from, from + MAX_ENTRIES_A_LINE));
}
