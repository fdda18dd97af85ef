import { ObjDockerError } from '../errors.ts';
import type { EnvironmentVariables } from '../lib/process/exec.ts';
import { expand, parseTemplate, variablesOf } from './interpolate.ts';
import type { ScalarParser } from './schema/scalar-parser.ts';
import { formatKeyPath, issuesError, type KeyPath } from './validation/issues.ts';
import type { ConfigDocument, ConfigProblem } from './yaml/document.ts';
import type { YamlMapping, YamlReader, YamlValue } from './yaml/read-values.ts';

/** Thrown when a value with unknown variables is read. Rules that need the value are skipped. */
export class ValueUnknownError extends Error {}

/** Returns the value of a variable; throws when it is not known. */
export type Lookup = (variable: string, path: KeyPath) => string;

/** The part of a config.yaml that belongs to one package, and the keys that all packages share. */
export interface PackageSource {
  readonly name: string;
  readonly document: ConfigDocument;
  readonly reader: YamlReader;
  readonly deployment: YamlMapping;
  readonly docker: YamlMapping;
}

/** The sections that may have username, password and passwordFile. */
export function credentialSections(values: PackageValues): readonly KeyPath[] {
  const endpoints = values.keys(['registry', 'configs']).map((host) => ['registry', 'configs', host]);
  return [['registry'], ['registry', 'pull'], ...endpoints];
}

/** Reads the values of a package and expands their variables. A key is relative to `deployment`, or starts with `docker`. */
export class PackageValues {
  readonly source: PackageSource;
  readonly #lookup: Lookup;

  constructor(source: PackageSource, lookup: Lookup) {
    this.source = source;
    this.#lookup = lookup;
  }

  /** Returns the path of a key from the top of the file. */
  path(key: KeyPath): KeyPath {
    return key[0] === 'docker' ? key : [this.source.name, 'deployment', ...key];
  }

  /** Returns the value at a key with its variables not expanded. */
  raw(key: KeyPath): YamlValue | undefined {
    let node: YamlValue | undefined = key[0] === 'docker' ? this.source.docker : this.source.deployment;
    for (const step of key[0] === 'docker' ? key.slice(1) : key) {
      if (node === undefined || typeof node === 'string') return undefined;
      if (Array.isArray(node)) node = node[Number(step)];
      else node = Object.hasOwn(node, step) ? (node as YamlMapping)[step] : undefined;
    }
    return node;
  }

  /** Whether the file has a text at a key. Its variables may be empty. */
  isWritten(key: KeyPath): boolean {
    const tree = this.raw(key);
    return typeof tree === 'string' && tree !== '';
  }

  /** Returns the text at a key; undefined when it is absent or empty. */
  text(key: KeyPath): string | undefined {
    const tree = this.raw(key);
    if (typeof tree !== 'string') return undefined;
    const text = expand(parseTemplate(tree), (variable) => this.#lookup(variable, this.path(key)));
    return text === '' ? undefined : text;
  }

  /** Parses the text at a key; undefined when it is absent or empty. @throws {ObjDockerError} CONFIG_INVALID when it is invalid. */
  value<T>(key: KeyPath, parser: ScalarParser<T>): T | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const result = parser.parse(text);
    if ('value' in result) return result.value;
    throw this.error({ path: this.path(key), message: result.problem, hint: result.hint });
  }

  /** Parses the items of a list. A single text counts as a list of one item. */
  list<T>(key: KeyPath, parser: ScalarParser<T>): readonly T[] {
    const tree = this.raw(key);
    const keys = Array.isArray(tree) ? tree.map((_, index) => [...key, index]) : [key];
    return keys.flatMap((item) => this.value(item, parser) ?? []);
  }

  /** Returns the keys of a mapping, in the order of the file. */
  keys(key: KeyPath): readonly string[] {
    const tree = this.raw(key);
    return tree === undefined || typeof tree === 'string' || Array.isArray(tree) ? [] : Object.keys(tree);
  }

  /** Creates the error for a problem. */
  error(problem: ConfigProblem): ObjDockerError {
    const { document, reader, name } = this.source;
    return issuesError([document.issue({ range: reader.highlightRange(problem.path), package: name, ...problem })]);
  }

  /** Expands all variables. An unset variable is a VARIABLE_UNSET error. */
  static fromEnvironment(source: PackageSource, env: EnvironmentVariables): PackageValues {
    return new PackageValues(source, (variable, path) => {
      const value = ownValue(env, variable);
      if (value !== undefined) return value;
      const { line, column, file } = source.document.issue({
        path,
        message: '',
        range: source.reader.highlightRange(path),
      });
      const key = formatKeyPath(path);
      throw new ObjDockerError(
        'VARIABLE_UNSET',
        `${file}:${line}:${column}: ${key} uses the environment variable ${variable}, which is not set`,
        { hint: `Set ${variable}, or write $\${ for a literal "\${".`, details: { variable, key, file, line, column } },
      );
    });
  }

  /** Expands only the variables in `env`. Reading a value with another variable throws {@link ValueUnknownError}. */
  static ofLiterals(source: PackageSource, env: EnvironmentVariables = {}): PackageValues {
    return new PackageValues(source, (variable) => {
      const value = ownValue(env, variable);
      if (value === undefined) throw new ValueUnknownError();
      return value;
    });
  }
}

/** Whether a text consists of variables only, so that its value is not in the file. */
export function isFromVariables(text: string): boolean {
  const template = parseTemplate(text);
  return variablesOf(template).length > 0 && template.parts.every((part) => typeof part !== 'string');
}

/** Returns the value of a variable. Inherited properties such as `constructor` do not count. */
export function ownValue(env: EnvironmentVariables, variable: string): string | undefined {
  return Object.hasOwn(env, variable) ? env[variable] : undefined;
}
