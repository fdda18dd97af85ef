import { type Document, isAlias, isMap, isScalar, isSeq, type Node, Scalar, visit, type YAMLMap } from 'yaml';
import type { KeyPath } from '../validation/issues.ts';
import type { ConfigDocument, Finding } from './document.ts';
import type { Range } from './excerpt.ts';

/**
 * A part of config.yaml as plain data. Every scalar is the text that was written (`1.0` stays `1.0`, `012` stays `012`),
 * and a key without a value is left out, as if it were not there.
 */
export type Tree = string | readonly Tree[] | TreeMap;

export interface TreeMap {
  [key: string]: Tree;
}

/** Where a key and its value stand in the text. */
export interface Mark {
  readonly key: Range;
  readonly value: Range;
  /** Where to point at: a scalar itself, the key of anything larger or of nothing. */
  readonly place: Range;
}

/** One entry of a mapping, aliases and `<<` merges followed. */
export interface Entry {
  readonly key: Node;
  readonly value: Node | null;
}

const DEPTH_LIMIT = 32;
// Far more than a real config.yaml has; aliases that multiply each other reach it at once.
const NODE_LIMIT = 20_000;

/** Reads parts of a document as {@link Tree}s and remembers where each value stands. */
export class TreeReader {
  readonly findings: Finding[] = [];
  readonly #document: ConfigDocument;
  readonly #marks = new Map<string, Mark>();
  #aliases: ReadonlyMap<Node, Node> | undefined;
  #nodes = 0;
  #exhausted = false;

  constructor(document: ConfigDocument) {
    this.#document = document;
  }

  /** The mark of a key that is written. */
  mark(path: KeyPath): Mark | undefined {
    return this.#marks.get(JSON.stringify(path));
  }

  /** Where to point at for a key: its value, or, when it is not written, the nearest key above it. */
  place(path: KeyPath): Range | undefined {
    for (let length = path.length; length > 0; length--) {
      const mark = this.mark(path.slice(0, length));
      if (mark !== undefined) return length === path.length ? mark.place : mark.key;
    }
    return undefined;
  }

  /** The entries of a mapping by key, or undefined when the node is none. A key that is written twice is a finding. */
  entries(node: Node | null | undefined, path: KeyPath, depth = 0): ReadonlyMap<string, Entry> | undefined {
    const map = this.#resolve(node);
    if (!isMap(map)) return undefined;
    const own = new Map<string, Entry>();
    const merged: Node[] = [];
    for (const { key, value } of (map as YAMLMap<Node, Node | null>).items) {
      const name = textOf(key);
      // What it says instead may be a value: in `!password: x: y` the key is `x`.
      if (isTagged(key) && (path.length > 2 || path[0] === 'docker'))
        this.#report(
          path,
          rangeOf(key),
          'the key is not the text it looks like: "!" starts a tag in YAML',
          'Quote it.',
        );
      else if (name === '<<' && isScalar(key) && key.type === Scalar.PLAIN && value !== null) merged.push(value);
      else if (name !== undefined && own.has(name))
        this.#report([...path, name], rangeOf(key), 'the key is written twice', 'Keep one of the two.');
      else if (name !== undefined) own.set(name, { key, value });
      else if (path.length > 2) this.#report(path, rangeOf(key), 'a key must be text');
    }
    for (const [name, entry] of this.#merge(merged, path, depth)) if (!own.has(name)) own.set(name, entry);
    for (const [name, { key, value }] of own) this.#remember([...path, name], key, value);
    return own;
  }

  /** A value as data; undefined when nothing is written there. */
  read(node: Node | null | undefined, path: KeyPath, depth = 0): Tree | undefined {
    const target = this.#resolve(node);
    if (isAlias(node) && target === undefined) {
      this.#report(
        path,
        rangeOf(node),
        'an alias refers to no anchor before it',
        'A text that starts with "*" must be quoted.',
      );
    }
    if (target === null || target === undefined || this.#isTooMuch(path, target, depth)) return undefined;
    if (isSeq(target)) {
      return target.items.map((item, index) => {
        const itemPath = [...path, index];
        this.#remember(itemPath, item as Node, item as Node);
        return this.read(item as Node, itemPath, depth + 1) ?? '';
      });
    }
    const entries = this.entries(target, path, depth);
    if (entries === undefined) return this.#readScalar(node, target, path);
    const tree: TreeMap = Object.create(null);
    for (const [name, entry] of entries) {
      const value = this.read(entry.value, [...path, name], depth + 1);
      // A build-arg without a value is an empty one; everywhere else no value means not set.
      if (value !== undefined) tree[name] = value;
      else if (path.at(-1) === 'buildArgs') tree[name] = '';
    }
    return tree;
  }

  #readScalar(node: Node | null | undefined, target: Node, path: KeyPath): string | undefined {
    const anchored = isScalar(node) && node.anchor !== undefined && textOf(target) === undefined;
    if (anchored || isTagged(target)) {
      const what = anchored ? '"&" starts an anchor' : '"!" starts a tag';
      this.#report(
        path,
        this.place(path) ?? rangeOf(target),
        `the value is not the text it looks like: ${what} in YAML`,
        'Quote the text.',
      );
    }
    return textOf(target);
  }

  #merge(nodes: readonly Node[], path: KeyPath, depth: number): ReadonlyMap<string, Entry> {
    const merged = new Map<string, Entry>();
    for (const node of nodes) {
      const target = this.#resolve(node);
      if (target === undefined) this.#report(path, rangeOf(node), 'an alias refers to no anchor before it');
      for (const source of isSeq(target) ? (target.items as Node[]) : [target]) {
        if (this.#isTooMuch(path, node, depth)) return merged;
        for (const [name, entry] of this.entries(source, path, depth + 1) ?? []) {
          this.#nodes++;
          if (!merged.has(name)) merged.set(name, entry);
        }
      }
    }
    return merged;
  }

  #resolve(node: Node | null | undefined): Node | null | undefined {
    if (!isAlias(node)) return node;
    this.#aliases ??= aliasTargets(this.#document.yaml);
    return this.#aliases.get(node);
  }

  #isTooMuch(path: KeyPath, node: Node, depth: number): boolean {
    if (!this.#exhausted && (depth > DEPTH_LIMIT || ++this.#nodes > NODE_LIMIT)) {
      this.#exhausted = true;
      const what = depth > DEPTH_LIMIT ? 'is nested too deeply' : 'grows too large through its aliases and lists';
      this.#report(path, rangeOf(node), `the value ${what}`);
    }
    return this.#exhausted;
  }

  #remember(path: KeyPath, key: Node, value: Node | null): void {
    const at = rangeOf(key);
    const range = value === null ? at : rangeOf(value);
    const isText = (isScalar(value) && range[0] !== range[1]) || isAlias(value);
    this.#marks.set(JSON.stringify(path), { key: at, value: range, place: isText ? range : at });
  }

  #report(path: KeyPath, range: Range, message: string, hint?: string): void {
    this.findings.push({ path, range, message, hint, masked: [] });
  }
}

/** What each alias stands for, found in one walk: the parser's own look-up walks the whole document every time. */
function aliasTargets(yaml: Document): ReadonlyMap<Node, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Node, Node>();
  visit(yaml, {
    Node(_key, node) {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target !== undefined) targets.set(node, target);
      } else if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

function rangeOf(node: Node): Range {
  return [node.range?.[0] ?? 0, node.range?.[1] ?? 0];
}

/** Whether a node has a tag that is none of YAML's own. */
function isTagged(node: Node | null): boolean {
  return node?.tag !== undefined && !node.tag.startsWith('tag:yaml.org,2002:');
}

function textOf(node: Node | null | undefined): string | undefined {
  if (!isScalar(node) || node.value === null || node.value === undefined) return undefined;
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
}
