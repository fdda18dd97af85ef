import { isAlias, isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument, type YAMLMap } from 'yaml';
import { ObjDockerError } from '../errors.ts';
import { Secret } from '../lib/secret.ts';
import {
  keyOf,
  type Registries,
  type RegistryAccess,
  type RegistryAuth,
  type RegistryMirror,
  type RegistryTls,
} from './registries.ts';

export interface ReadRegistries {
  readonly registries: Registries;
  /** Keys that k3s ignores. */
  readonly unknown: readonly string[];
}

/**
 * Parses a registries.yaml as strictly as k3s does, which does not start with an invalid file.
 *
 * @throws {ObjDockerError} REGISTRIES_INVALID with the position. It quotes nothing, because any text in the file may be a password.
 */
export function readRegistries(text: string, path: string): ReadRegistries {
  const reader = new RegistriesReader(text, path);
  const { mirrors, configs } = reader.fields(reader.root, '', ['mirrors', 'configs']);
  const registries = {
    mirrors: new Map(reader.entries(mirrors, 'mirrors').map(([host, node]) => [host, readMirror(reader, host, node)])),
    configs: new Map(reader.entries(configs, 'configs').map(([host, node]) => [host, readAccess(reader, host, node)])),
  };
  return { registries, unknown: reader.unknown };
}

function readMirror(reader: RegistriesReader, host: string, node: Node): RegistryMirror {
  const key = keyOf('mirrors', host);
  const { endpoint, rewrite } = reader.fields(node, key, ['endpoint', 'rewrite']);
  const rewrites = reader.entries(rewrite, `${key}.rewrite`);
  return {
    endpoints: reader.texts(endpoint, `${key}.endpoint`),
    rewrite: new Map(
      rewrites.map(([pattern, value]) => {
        return [pattern, reader.text(value, `${key}.rewrite[${JSON.stringify(pattern)}]`) ?? ''];
      }),
    ),
  };
}

function readAccess(reader: RegistriesReader, host: string, node: Node): RegistryAccess {
  const key = keyOf('configs', host);
  const { auth, tls } = reader.fields(node, key, ['auth', 'tls']);
  return { auth: readAuth(reader, `${key}.auth`, auth), tls: readTls(reader, `${key}.tls`, tls) };
}

function readAuth(reader: RegistriesReader, key: string, node: Node): RegistryAuth {
  const fields = reader.fields(node, key, ['username', 'password', 'auth', 'identity_token']);
  const username = reader.text(fields.username, `${key}.username`);
  const password = reader.secret(fields.password, `${key}.password`);
  const auth = reader.secret(fields.auth, `${key}.auth`);
  const identityToken = reader.secret(fields.identity_token, `${key}.identity_token`);
  // `auth` is another form of username and password, which containerd reads last.
  const pair = auth === undefined ? undefined : /^([^:]+):(.*)$/s.exec(Buffer.from(auth.reveal(), 'base64').toString());
  if (pair && username === undefined && password === undefined && identityToken === undefined) {
    return { username: pair[1], password: new Secret(pair[2] ?? '') };
  }
  return { username, password, auth, identityToken };
}

function readTls(reader: RegistriesReader, key: string, node: Node): RegistryTls {
  const fields = reader.fields(node, key, ['ca_file', 'cert_file', 'key_file', 'insecure_skip_verify']);
  return {
    caFile: reader.text(fields.ca_file, `${key}.ca_file`),
    certFile: reader.text(fields.cert_file, `${key}.cert_file`),
    keyFile: reader.text(fields.key_file, `${key}.key_file`),
    insecureSkipVerify: reader.flag(fields.insecure_skip_verify, `${key}.insecure_skip_verify`),
  };
}

type Node = unknown;

/** Reads YAML nodes as the types that k3s decodes them into. */
class RegistriesReader {
  readonly root: Node;
  readonly unknown: string[] = [];
  readonly #path: string;
  readonly #lines = new LineCounter();
  readonly #document: ReturnType<typeof parseDocument>;

  constructor(text: string, path: string) {
    this.#path = path;
    this.#document = parseDocument(text, { version: '1.1', prettyErrors: false, lineCounter: this.#lines });
    this.root = this.#document.contents;
    const [error] = this.#document.errors;
    if (error !== undefined)
      throw this.#invalid(`is not YAML (${error.code.toLowerCase().replaceAll('_', ' ')})`, error.pos[0]);
  }

  /** The values of a mapping by the keys that k3s knows. Other keys are collected in `unknown`. */
  fields<const Name extends string>(node: Node, key: string, known: readonly Name[]): { readonly [N in Name]?: Node } {
    const fields: { [N in Name]?: Node } = {};
    for (const [name, value] of this.entries(node, key)) {
      const field = known.find((candidate) => candidate === name);
      if (field === undefined) this.unknown.push(key === '' ? JSON.stringify(name) : `${key}[${JSON.stringify(name)}]`);
      else fields[field] = value;
    }
    return fields;
  }

  entries(written: Node, key: string): readonly (readonly [string, Node])[] {
    const node = this.#resolve(written);
    if (isNothing(node)) return [];
    if (!isMap(node)) throw this.#wrong(node, key, 'a mapping');
    return [...this.#merged(node, new Set())];
  }

  texts(written: Node, key: string): readonly string[] {
    const node = this.#resolve(written);
    if (isNothing(node)) return [];
    if (!isSeq(node)) throw this.#wrong(node, key, 'a list');
    return node.items.flatMap((item, index) => this.text(item, `${key}[${index}]`) ?? []);
  }

  text(written: Node, key: string): string | undefined {
    const node = this.#resolve(written);
    if (isNothing(node)) return undefined;
    if (!isScalar(node)) throw this.#wrong(node, key, 'a text');
    // A number or a boolean is read as its source text.
    const text = typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
    return text === '' ? undefined : text;
  }

  secret(node: Node, key: string): Secret | undefined {
    const text = this.text(node, key);
    return text === undefined ? undefined : new Secret(text);
  }

  flag(written: Node, key: string): boolean | undefined {
    const node = this.#resolve(written);
    if (isNothing(node)) return undefined;
    if (isScalar(node) && typeof node.value === 'boolean') return node.value;
    throw this.#wrong(node, key, 'true or false');
  }

  /** The entries of a mapping, and those that `<<` merges into it, its own first. */
  #merged(map: YAMLMap, seen: Set<YAMLMap>): Map<string, Node> {
    const entries = new Map<string, Node>();
    if (seen.has(map)) return entries;
    seen.add(map);
    const merged: Node[] = [];
    for (const { key, value } of map.items) {
      const name = this.#resolve(key);
      if (isScalar(name) && name.type === 'PLAIN' && name.source === '<<') merged.push(value);
      else entries.set(this.text(name, 'a key') ?? '', value);
    }
    for (const written of merged) {
      const node = this.#resolve(written);
      for (const item of isSeq(node) ? node.items : [node]) {
        const from = this.#resolve(item);
        if (!isMap(from)) throw this.#wrong(from, '"<<"', 'a mapping');
        for (const [name, value] of this.#merged(from, seen)) if (!entries.has(name)) entries.set(name, value);
      }
    }
    return entries;
  }

  #resolve(node: Node): Node {
    if (!isAlias(node)) return node;
    const found = node.resolve(this.#document);
    if (found === undefined) throw this.#invalid('an alias has no anchor before it', node.range?.[0]);
    return found;
  }

  #wrong(node: Node, key: string, right: string): ObjDockerError {
    const range = (node as Partial<ParsedNode> | undefined)?.range;
    return this.#invalid(`${key === '' ? 'the file' : key} is not ${right}`, range?.[0]);
  }

  #invalid(problem: string, offset: number | undefined): ObjDockerError {
    const { line, col } = this.#lines.linePos(offset ?? 0);
    return new ObjDockerError('REGISTRIES_INVALID', `${this.#path}:${line}:${col}: ${problem}`, {
      hint: 'k3s does not start with this file. Write a new one: objdocker k3s-registries --output FILE',
      details: { path: this.#path, line, column: col },
    });
  }
}

function isNothing(node: Node): boolean {
  return node === undefined || node === null || (isScalar(node) && node.value === null);
}
