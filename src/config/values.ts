import { ObjDockerError } from '../errors.ts';
import type { EnvironmentVariables } from '../lib/process/exec.ts';
import { expand, parseTemplate, variablesOf } from './interpolate.ts';
import type { Kind } from './schema/kind.ts';
import { formatKeyPath, issuesError, type KeyPath } from './validation/issues.ts';
import type { ConfigDocument, Finding } from './yaml/document.ts';
import type { Tree, TreeMap, TreeReader } from './yaml/tree.ts';

/** Thrown where a value is looked at before it can be known; the rule that needs it is left for later. */
export class Deferred extends Error {}

/** What a variable comes to; throws where it cannot be looked up. */
export type Lookup = (variable: string, path: KeyPath) => string;

/** One package's part of a config.yaml, and what it shares with others. */
export interface PackageSource {
  readonly name: string;
  readonly document: ConfigDocument;
  readonly reader: TreeReader;
  readonly deployment: TreeMap;
  readonly docker: TreeMap;
}

/** Looks at the values of a package, their variables expanded. Keys are those under `deployment`, or `docker` first. */
export class Values {
  readonly source: PackageSource;
  readonly #lookup: Lookup;

  constructor(source: PackageSource, lookup: Lookup) {
    this.source = source;
    this.#lookup = lookup;
  }

  /** The place of a key in the file. */
  path(key: KeyPath): KeyPath {
    return key[0] === 'docker' ? key : [this.source.name, 'deployment', ...key];
  }

  /** What is written at a key. */
  tree(key: KeyPath): Tree | undefined {
    let node: Tree | undefined = key[0] === 'docker' ? this.source.docker : this.source.deployment;
    for (const step of key[0] === 'docker' ? key.slice(1) : key) {
      if (node === undefined || typeof node === 'string') return undefined;
      if (Array.isArray(node)) node = node[Number(step)];
      else node = Object.hasOwn(node, step) ? (node as TreeMap)[step] : undefined;
    }
    return node;
  }

  /** Whether text is written at a key, whatever its variables come to. */
  isWritten(key: KeyPath): boolean {
    const tree = this.tree(key);
    return typeof tree === 'string' && tree !== '';
  }

  /** The text at a key; undefined when none is written. */
  text(key: KeyPath): string | undefined {
    const tree = this.tree(key);
    if (typeof tree !== 'string') return undefined;
    const text = expand(parseTemplate(tree), (variable) => this.#lookup(variable, this.path(key)));
    return text === '' ? undefined : text;
  }

  /** The value at a key, read as its kind; undefined when none is written. A value that is none of its kind is an error. */
  value<T>(key: KeyPath, kind: Kind<T>): T | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const reading = kind.read(text);
    if ('value' in reading) return reading.value;
    throw this.error({ path: this.path(key), message: reading.problem, hint: reading.hint });
  }

  /** The values of a list, also of one that is written as a single text. */
  list<T>(key: KeyPath, kind: Kind<T>): readonly T[] {
    const tree = this.tree(key);
    const keys = Array.isArray(tree) ? tree.map((_, index) => [...key, index]) : [key];
    return keys.flatMap((item) => this.value(item, kind) ?? []);
  }

  /** The keys of a mapping, in the order of the file. */
  keys(key: KeyPath): readonly string[] {
    const tree = this.tree(key);
    return tree === undefined || typeof tree === 'string' || Array.isArray(tree) ? [] : Object.keys(tree);
  }

  /** A finding as the error that ends reading a value. */
  error(finding: Finding): ObjDockerError {
    const { document, reader, name } = this.source;
    return issuesError([document.issue({ range: reader.place(finding.path), package: name, ...finding })]);
  }

  /** Looks variables up in an environment; one that is not set is a VARIABLE_UNSET error. */
  static fromEnvironment(source: PackageSource, env: EnvironmentVariables): Values {
    return new Values(source, (variable, path) => {
      const value = ownValue(env, variable);
      if (value !== undefined) return value;
      const { line, column, file } = source.document.issue({ path, message: '', range: source.reader.place(path) });
      const key = formatKeyPath(path);
      throw new ObjDockerError(
        'VARIABLE_UNSET',
        `${file}:${line}:${column}: ${key} needs the environment variable ${variable}, which is not set`,
        { hint: `Set ${variable}, or write $\${ for a literal "\${".`, details: { variable, key, file, line, column } },
      );
    });
  }

  /** Knows only what is written out, and the variables of `env`; looking at anything else throws {@link Deferred}. */
  static ofLiterals(source: PackageSource, env: EnvironmentVariables = {}): Values {
    return new Values(source, (variable) => {
      const value = ownValue(env, variable);
      if (value === undefined) throw new Deferred();
      return value;
    });
  }
}

/** Whether a text's value comes from variables alone, so that the file does not give it away. */
export function isFromVariables(text: string): boolean {
  const template = parseTemplate(text);
  return variablesOf(template).length > 0 && template.parts.every((part) => typeof part !== 'string');
}

/** The value of a variable; names that every object has (`constructor`) are not set by that. */
export function ownValue(env: EnvironmentVariables, variable: string): string | undefined {
  return Object.hasOwn(env, variable) ? env[variable] : undefined;
}
