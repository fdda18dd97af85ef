import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { isShownAsItIs, nameOf, nativePath } from './names.ts';
import type { MatchedPatterns } from './patterns.ts';

export type NodeType = 'file' | 'directory' | 'symlink' | 'socket' | 'fifo' | 'device' | 'missing';

/** What the file system says of a node. Times are in milliseconds, with fractions. */
export interface NodeStat {
  readonly type: NodeType;
  /** Permissions with setuid, setgid and sticky. */
  readonly mode: number;
  readonly size: number;
  readonly mtime: number;
  readonly ctime: number;
  readonly dev: number;
  readonly ino: number;
  readonly nlink: number;
  readonly rdev: number;
}

const MISSING: NodeStat = {
  type: 'missing',
  mode: 0,
  size: 0,
  mtime: 0,
  ctime: 0,
  dev: 0,
  ino: 0,
  nlink: 0,
  rdev: 0,
};

/** How often something that changes is read again. */
export const MAX_READS = 3;

/** Something in the build context that may be sent to BuildKit. Each thing is looked at once. */
export class ContextNode {
  readonly name: string;
  /** From the root of the context; empty for the root. */
  readonly path: string;
  /** Whether the path is UTF-8, and shown as it is. Looking at each name once takes less time than at each path. */
  readonly isPlain: boolean;
  readonly parent: ContextNode | undefined;
  /** Whether the ignore file excludes it. A folder is sent all the same when something in it is. */
  readonly isIgnored: boolean;
  /** The patterns of the ignore file that match it. */
  readonly matched: MatchedPatterns | undefined;
  /** What its folder has under other names, by name; undefined until it is listed. */
  children: ReadonlyMap<string, ContextNode> | undefined;
  /** Whether something below an ignored folder is sent; undefined until it is known. */
  hasSent: boolean | undefined;
  /** Why it, or what is in it, could not be read. */
  problem: string | undefined;
  /** Over everything that counts; undefined until it is read. */
  digest: string | undefined;
  #stat: NodeStat | undefined;
  #target: string | undefined;

  constructor(
    name: string,
    parent: ContextNode | undefined,
    ignore: { readonly isIgnored: boolean; readonly matched?: MatchedPatterns | undefined } = { isIgnored: false },
  ) {
    this.name = name;
    this.parent = parent;
    this.path = parent === undefined || parent.path === '' ? name : `${parent.path}/${name}`;
    this.isPlain = parent?.isPlain !== false && isShownAsItIs(name);
    this.isIgnored = ignore.isIgnored;
    this.matched = ignore.matched;
  }

  /** @param root the folder of the context */
  stat(root: string): NodeStat {
    return this.#stat ?? this.look(root);
  }

  /** Reads {@link stat} again. */
  look(root: string): NodeStat {
    try {
      const found = lstatSync(this.at(root), { throwIfNoEntry: false });
      this.#stat = found === undefined ? MISSING : statOf(found);
    } catch (error) {
      this.problem = `it cannot be read: ${codeOf(error)}`;
      this.#stat = MISSING;
    }
    return this.#stat;
  }

  /** The target of a symlink. */
  target(root: string): string {
    const path = this.at(root);
    this.#target ??= nameOf(readlinkSync(path), () => readlinkSync(path, { encoding: 'buffer' }));
    return this.#target;
  }

  /** The names in a folder, sorted. A folder that changes meanwhile is listed again. */
  names(root: string): string[] {
    const path = this.at(root);
    for (let reads = 0; reads < MAX_READS; reads++) {
      const before = reads === 0 ? this.stat(root) : this.look(root);
      try {
        const names = readdirSync(path);
        const decoded = names.some((name) => name.includes('\ufffd'))
          ? readdirSync(path, { encoding: 'buffer' }).map((bytes) => nameOf('\ufffd', () => bytes))
          : names;
        if (isSame(before, this.look(root))) return decoded.sort();
      } catch (error) {
        this.problem = `it cannot be listed: ${codeOf(error)}`;
        return [];
      }
    }
    this.problem = 'it changed while it was listed';
    return [];
  }

  at(root: string): string | Buffer {
    const path = this.path === '' ? root : `${root}/${this.path}`;
    return this.isPlain ? path : nativePath(path);
  }
}

/** Whether nothing was changed in between. */
export function isSame(before: NodeStat, after: NodeStat): boolean {
  return (
    before.type === after.type &&
    before.mode === after.mode &&
    before.size === after.size &&
    before.mtime === after.mtime &&
    before.ctime === after.ctime &&
    before.ino === after.ino &&
    before.dev === after.dev
  );
}

export function statOf(found: Stats): NodeStat {
  return {
    type: typeOf(found),
    mode: found.mode & 0o7777,
    size: found.size,
    mtime: found.mtimeMs,
    ctime: found.ctimeMs,
    dev: found.dev,
    ino: found.ino,
    nlink: found.nlink,
    rdev: found.rdev,
  };
}

function typeOf(found: Stats): NodeType {
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'directory';
  if (found.isSymbolicLink()) return 'symlink';
  if (found.isFIFO()) return 'fifo';
  return found.isSocket() ? 'socket' : 'device';
}

/** The system's name for an error: `EACCES`. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
