import { ContextNode } from './node.ts';
import { cleanPath, type PatternList } from './patterns.ts';
import type { Slices } from './slices.ts';

/** As many links as BuildKit follows before it gives up. */
const MAX_LINKS = 255;

/**
 * The build context as BuildKit receives it: without what the ignore file excludes. Folders are listed when something asks for them.
 *
 * The facts are those of github.com/tonistiigi/fsutil (filter.go) and github.com/containerd/continuity/fs (RootPath).
 */
export class ContextTree {
  readonly folder: string;
  readonly root = new ContextNode('', undefined);
  readonly #ignored: PatternList;
  readonly #slices: Slices;

  /** @param folder an absolute path without symlinks */
  constructor(folder: string, ignored: PatternList, slices: Slices) {
    this.folder = folder;
    this.#ignored = ignored;
    this.#slices = slices;
  }

  /** What is sent of a folder's content, by name. */
  async sentIn(folder: ContextNode): Promise<readonly ContextNode[]> {
    const sent: ContextNode[] = [];
    for (const child of this.#list(folder).values()) {
      if (this.#slices.isOver()) await this.#slices.next();
      if (child.isIgnored ? await this.#hasSent(child) : this.#isThere(child)) sent.push(child);
    }
    return sent;
  }

  /**
   * Follows a path from the root, with the symlinks in it and at its end. A link cannot lead out of the context.
   *
   * @param onPassed called with each symlink on the way, and with a folder that cannot be listed
   * @returns undefined when nothing is there
   */
  async follow(path: string, onPassed: (node: ContextNode) => void): Promise<ContextNode | undefined> {
    let node: ContextNode = this.root;
    const names = parts(path);
    for (let links = 0; names.length > 0; ) {
      const name = names.shift();
      if (name === undefined) break;
      if (name === '..') {
        node = node.parent ?? node;
        continue;
      }
      if (node.stat(this.folder).type !== 'directory') return undefined;
      if (this.#slices.isOver()) await this.#slices.next();
      const child = this.#list(node).get(name);
      if (node.problem !== undefined) onPassed(node);
      if (child === undefined || !(child.isIgnored ? await this.#hasSent(child) : this.#isThere(child)))
        return undefined;
      if (child.stat(this.folder).type !== 'symlink') {
        node = child;
        continue;
      }
      onPassed(child);
      if (++links > MAX_LINKS) return undefined;
      const target = child.target(this.folder);
      if (target.startsWith('/')) node = this.root;
      names.unshift(...parts(target));
    }
    return node;
  }

  /** What a folder has, if it was listed. */
  listed(path: string): ReadonlyMap<string, ContextNode> | undefined {
    let node: ContextNode | undefined = this.root;
    for (const name of parts(path)) node = node?.children?.get(name);
    return node?.children;
  }

  /** The nodes in a folder, with those that may turn out not to be sent. */
  #list(folder: ContextNode): ReadonlyMap<string, ContextNode> {
    if (folder.children !== undefined) return folder.children;
    const children = new Map<string, ContextNode>();
    let matched = this.#ignored.noneMatched();
    for (const name of folder.names(this.folder)) {
      const path = folder.path === '' ? name : `${folder.path}/${name}`;
      const isIgnored = this.#ignored.matches(path, folder.matched, matched);
      const isMatched = matched.includes(1);
      if (!isIgnored || this.#ignored.mayMatchBelow(path, 'exception'))
        children.set(name, new ContextNode(name, folder, isMatched ? { isIgnored, matched } : { isIgnored }));
      if (isMatched) matched = this.#ignored.noneMatched();
    }
    // BuildKit leaves out an ignored folder that it must not look into.
    if (folder.isIgnored) folder.problem = undefined;
    folder.children = children;
    return children;
  }

  /** What cannot be looked at counts as there, so that its problem is told. */
  #isThere(node: ContextNode): boolean {
    return node.stat(this.folder).type !== 'missing' || node.problem !== undefined;
  }

  /** Whether an ignored node is sent all the same: a folder for something in it. */
  async #hasSent(node: ContextNode): Promise<boolean> {
    if (node.stat(this.folder).type !== 'directory') return false;
    if (node.hasSent !== undefined) return node.hasSent;
    for (const child of this.#list(node).values()) {
      if (this.#slices.isOver()) await this.#slices.next();
      if (!(child.isIgnored ? await this.#hasSent(child) : this.#isThere(child))) continue;
      node.hasSent = true;
      return true;
    }
    node.hasSent = false;
    return false;
  }
}

/** The names in a path. `..` is left at the start only: BuildKit shortens a link's target before it follows it. */
function parts(path: string): string[] {
  return cleanPath(path)
    .split('/')
    .filter((name) => name !== '' && name !== '.');
}
