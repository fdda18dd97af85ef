import { type Document, isAlias, isMap, isScalar, isSeq, type Node, Scalar, visit, type YAMLMap } from 'yaml';
import type { KeyPath } from '../validation/issues.ts';
import type { ConfigDocument, ConfigProblem } from './document.ts';
import type { Range } from './excerpt.ts';

/**
 * A part of config.yaml as plain data. Every scalar is the text in the file: `1.0` stays `1.0`, and `012` stays `012`. A key without
 * a value counts as absent.
 */
export type YamlValue = string | readonly YamlValue[] | YamlMapping;

export interface YamlMapping {
  [key: string]: YamlValue;
}

/** The positions of a key and its value in the text. */
export interface KeyRanges {
  readonly key: Range;
  readonly value: Range;
  /** The position to report: a scalar, or else the key. */
  readonly highlight: Range;
}

/** An entry of a mapping, with aliases and `<<` merges resolved. */
export interface Entry {
  readonly key: Node;
  readonly value: Node | null;
}

const DEPTH_LIMIT = 32;
// More than any real config.yaml has. Nested aliases can multiply to any number of nodes.
const NODE_LIMIT = 20_000;

/** Converts nodes of a document to {@link YamlValue}s, and remembers the position of each. */
export class YamlReader {
  readonly problems: ConfigProblem[] = [];
  readonly #document: ConfigDocument;
  readonly #marks = new Map<string, KeyRanges>();
  #aliases: ReadonlyMap<Node, Node> | undefined;
  #nodes = 0;
  #exhausted = false;

  constructor(document: ConfigDocument) {
    this.#document = document;
  }

  /** Returns the positions of a key; undefined when it is absent. */
  rangesOf(path: KeyPath): KeyRanges | undefined {
    return this.#marks.get(JSON.stringify(path));
  }

  /** Returns the position to report for a key. For an absent key, that of the nearest key above it. */
  highlightRange(path: KeyPath): Range | undefined {
    for (let length = path.length; length > 0; length--) {
      const mark = this.rangesOf(path.slice(0, length));
      if (mark !== undefined) return length === path.length ? mark.highlight : mark.key;
    }
    return undefined;
  }

  /** Returns the entries of a mapping by key; undefined for another node. Reports duplicate keys. */
  entries(node: Node | null | undefined, path: KeyPath, depth = 0): ReadonlyMap<string, Entry> | undefined {
    const map = this.#resolve(node);
    if (!isMap(map)) return undefined;
    const own = new Map<string, Entry>();
    const merged: Node[] = [];
    for (const { key, value } of (map as YAMLMap<Node, Node | null>).items) {
      const name = textOf(key);
      // Do not show the key, because it may be a secret: in `!password: x: y` and `&password: x: y` it is `x`.
      const mark = path.length > 2 || path[0] === 'docker' ? markOf(key) : undefined;
      if (mark !== undefined) this.#report(path, rangeOf(key), `the key has a YAML ${mark}`, 'Quote the key.');
      else if (name === '<<' && isScalar(key) && key.type === Scalar.PLAIN && value !== null) merged.push(value);
      else if (name !== undefined && own.has(name))
        this.#report([...path, name], rangeOf(key), 'the key is in the mapping twice', 'Remove one of the two.');
      else if (name !== undefined) own.set(name, { key, value });
      else if (path.length > 2)
        this.#report(path, rangeOf(key), 'a key must be text', 'Write a text, or quote the key.');
    }
    for (const [name, entry] of this.#merge(merged, path, depth)) if (!own.has(name)) own.set(name, entry);
    for (const [name, { key, value }] of own) this.#remember([...path, name], key, value);
    return own;
  }

  /** Returns a node as plain data; undefined when it is empty. */
  read(node: Node | null | undefined, path: KeyPath, depth = 0): YamlValue | undefined {
    const target = this.#resolve(node);
    if (isAlias(node) && target === undefined) {
      this.#report(
        path,
        rangeOf(node),
        'there is no anchor for this alias above it',
        'Quote a text that starts with "*".',
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
    const tree: YamlMapping = Object.create(null);
    for (const [name, entry] of entries) {
      const value = this.read(entry.value, [...path, name], depth + 1);
      // A build argument without a value is empty. Any other key without a value is absent.
      if (value !== undefined) tree[name] = value;
      else if (path.at(-1) === 'buildArgs') tree[name] = '';
    }
    return tree;
  }

  #readScalar(node: Node | null | undefined, target: Node, path: KeyPath): string | undefined {
    const anchored = isScalar(node) && node.anchor !== undefined && textOf(target) === undefined;
    if (anchored || isTagged(target)) {
      const what = anchored ? 'anchor, because it starts with "&"' : 'tag, because it starts with "!"';
      this.#report(
        path,
        this.highlightRange(path) ?? rangeOf(target),
        `the value has a YAML ${what}`,
        'Quote the text.',
      );
    }
    return textOf(target);
  }

  #merge(nodes: readonly Node[], path: KeyPath, depth: number): ReadonlyMap<string, Entry> {
    const merged = new Map<string, Entry>();
    for (const node of nodes) {
      const target = this.#resolve(node);
      if (target === undefined)
        this.#report(
          path,
          rangeOf(node),
          'there is no anchor for this alias above it',
          'Define the anchor above the alias.',
        );
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
      const what =
        depth > DEPTH_LIMIT ? `is nested deeper than ${DEPTH_LIMIT} levels` : `has more than ${NODE_LIMIT} nodes`;
      this.#report(path, rangeOf(node), `the value ${what}`, 'Check its aliases.');
    }
    return this.#exhausted;
  }

  #remember(path: KeyPath, key: Node, value: Node | null): void {
    const at = rangeOf(key);
    const range = value === null ? at : rangeOf(value);
    const isText = (isScalar(value) && range[0] !== range[1]) || isAlias(value);
    this.#marks.set(JSON.stringify(path), { key: at, value: range, highlight: isText ? range : at });
  }

  #report(path: KeyPath, range: Range, message: string, hint?: string): void {
    this.problems.push({ path, range, message, hint, masked: [] });
  }
}

/** Resolves all aliases in one pass. The parser's own lookup walks the whole document for each alias. */
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

/** Whether a node has a tag that YAML does not define. */
/** What makes a part of a key something else than its text. */
function markOf(key: Node): string | undefined {
  if (isTagged(key)) return 'tag, because it starts with "!"';
  return isScalar(key) && key.anchor !== undefined ? 'anchor, because it starts with "&"' : undefined;
}

function isTagged(node: Node | null): boolean {
  return node?.tag !== undefined && !node.tag.startsWith('tag:yaml.org,2002:');
}

function textOf(node: Node | null | undefined): string | undefined {
  if (!isScalar(node) || node.value === null || node.value === undefined) return undefined;
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
}
