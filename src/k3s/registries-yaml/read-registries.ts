import { isAlias, isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument, type YAMLMap } from 'yaml';
import { ObjDockerError } from '../../errors.ts';
import { Secret } from '../../lib/secret.ts';
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
 * Parses a registries.yaml as k3s does, which does not start with an invalid file.
 *
 * k3s decodes it with gopkg.in/yaml.v2 2.4.0: only the first document counts, and what comes later wins. A mapping that is
 * written twice is merged where it is a field (`mirrors`, `configs`, `rewrite`, `auth`, `tls`), and replaced where its key is a host.
 *
 * @throws {ObjDockerError} REGISTRIES_INVALID with the position. It quotes nothing, because any text in the file may be a password.
 */
export function readRegistries(text: string, path: string): ReadRegistries {
  const reader = new RegistriesReader(text, path);
  const { mirrors, configs } = reader.fields([reader.root], '', ['mirrors', 'configs']);
  const registries = {
    mirrors: new Map(reader.entries(mirrors, 'mirrors').map(([host, node]) => [host, readMirror(reader, host, node)])),
    configs: new Map(reader.entries(configs, 'configs').map(([host, node]) => [host, readAccess(reader, host, node)])),
  };
  return { registries, unknown: reader.unknown };
}

function readMirror(reader: RegistriesReader, host: string, node: Node): RegistryMirror {
  const key = keyOf('mirrors', host);
  const { endpoint, rewrite } = reader.fields([node], key, ['endpoint', 'rewrite']);
  const rewrites = reader.entries(rewrite, `${key}.rewrite`);
  return {
    endpoints: reader.texts(endpoint, `${key}.endpoint`),
    rewrite: new Map(
      rewrites.map(([pattern, value]) => {
        return [pattern, reader.text([value], `${key}.rewrite[${JSON.stringify(pattern)}]`) ?? ''];
      }),
    ),
  };
}

function readAccess(reader: RegistriesReader, host: string, node: Node): RegistryAccess {
  const key = keyOf('configs', host);
  const { auth, tls } = reader.fields([node], key, ['auth', 'tls']);
  return { auth: readAuth(reader, `${key}.auth`, auth), tls: readTls(reader, `${key}.tls`, tls) };
}

function readAuth(reader: RegistriesReader, key: string, nodes: Nodes): RegistryAuth {
  const fields = reader.fields(nodes, key, ['username', 'password', 'auth', 'identity_token']);
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

function readTls(reader: RegistriesReader, key: string, nodes: Nodes): RegistryTls {
  const fields = reader.fields(nodes, key, ['ca_file', 'cert_file', 'key_file', 'insecure_skip_verify']);
  return {
    caFile: reader.text(fields.ca_file, `${key}.ca_file`),
    certFile: reader.text(fields.cert_file, `${key}.cert_file`),
    keyFile: reader.text(fields.key_file, `${key}.key_file`),
    insecureSkipVerify: reader.flag(fields.insecure_skip_verify, `${key}.insecure_skip_verify`),
  };
}

type Node = unknown;

/** The values of a field, one for each time that it is written. */
type Nodes = readonly Node[] | undefined;

/** Reads YAML nodes as the types that k3s decodes them into. */
class RegistriesReader {
  readonly root: Node;
  readonly unknown: string[] = [];
  readonly #path: string;
  readonly #lines = new LineCounter();
  readonly #document: ReturnType<typeof parseDocument>;

  constructor(text: string, path: string) {
    this.#path = path;
    this.#document = parseDocument(text, {
      version: '1.1',
      uniqueKeys: false,
      prettyErrors: false,
      lineCounter: this.#lines,
    });
    this.root = this.#document.contents;
    const { errors, warnings, directives } = this.#document;
    const error = [...errors, ...warnings].find(({ code }) => code !== 'MULTIPLE_DOCS');
    if (error !== undefined)
      throw this.#invalid(`is not YAML (${error.code.toLowerCase().replaceAll('_', ' ')})`, error.pos[0]);
    if (directives?.yaml.explicit && directives.yaml.version !== '1.1')
      throw this.#invalid(`has the directive %YAML ${directives.yaml.version}, and k3s reads YAML 1.1 only`, 0);
  }

  /** The values of the fields that k3s knows. Other keys are collected in `unknown`. */
  fields<const Name extends string>(
    nodes: Nodes,
    key: string,
    known: readonly Name[],
  ): { readonly [N in Name]?: Nodes } {
    const fields: { [N in Name]?: Node[] } = {};
    for (const [name, value] of this.#written(nodes, key)) {
      const field = known.find((candidate) => candidate === name);
      if (field !== undefined) fields[field] = [...(fields[field] ?? []), value];
      else {
        const path = key === '' ? JSON.stringify(name) : `${key}[${JSON.stringify(name)}]`;
        if (!this.unknown.includes(path)) this.unknown.push(path);
      }
    }
    return fields;
  }

  /** The entries of a mapping with keys of any name: the last value of each. */
  entries(nodes: Nodes, key: string): readonly (readonly [string, Node])[] {
    return [...new Map(this.#written(nodes, key))];
  }

  texts(nodes: Nodes, key: string): readonly string[] {
    let texts: readonly string[] = [];
    for (const written of nodes ?? []) {
      const node = this.#resolve(written);
      if (!isNothing(node) && !isSeq(node)) throw this.#wrong(node, key, 'a list');
      texts = isSeq(node) ? node.items.flatMap((item, index) => this.text([item], `${key}[${index}]`) ?? []) : [];
    }
    return texts;
  }

  text(nodes: Nodes, key: string): string | undefined {
    let text: string | undefined;
    for (const written of nodes ?? []) {
      const node = this.#resolve(written);
      if (!isNothing(node) && !isScalar(node)) throw this.#wrong(node, key, 'a text');
      // A number or a boolean is read as its source text.
      const source = isScalar(node) && typeof node.value !== 'string' ? (node.source ?? String(node.value)) : undefined;
      text = isNothing(node) ? undefined : (source ?? String(isScalar(node) ? node.value : ''));
    }
    return text === '' ? undefined : text;
  }

  secret(nodes: Nodes, key: string): Secret | undefined {
    const text = this.text(nodes, key);
    return text === undefined ? undefined : new Secret(text);
  }

  flag(nodes: Nodes, key: string): boolean | undefined {
    let flag: boolean | undefined;
    for (const written of nodes ?? []) {
      const node = this.#resolve(written);
      if (!isNothing(node) && !(isScalar(node) && typeof node.value === 'boolean'))
        throw this.#wrong(node, key, 'true or false');
      flag = isScalar(node) && typeof node.value === 'boolean' ? node.value : undefined;
    }
    return flag;
  }

  /** The entries of a field's mappings as they are written, one after the other. An empty value drops those before it. */
  #written(nodes: Nodes, key: string): readonly (readonly [string, Node])[] {
    let entries: (readonly [string, Node])[] = [];
    for (const written of nodes ?? []) {
      const node = this.#resolve(written);
      if (isNothing(node)) entries = [];
      else if (isMap(node)) entries.push(...this.#entriesOf(node, []));
      else throw this.#wrong(node, key, 'a mapping');
    }
    return entries;
  }

  /** The entries of a mapping in their order. Those that `<<` merges into it count from its place on. */
  #entriesOf(map: YAMLMap, around: readonly YAMLMap[]): readonly (readonly [string, Node])[] {
    if (around.includes(map)) return [];
    return map.items.flatMap(({ key, value }): readonly (readonly [string, Node])[] => {
      const name = this.#resolve(key);
      const isMerge = isScalar(name) && name.type === 'PLAIN' && name.source === '<<';
      if (!isMerge) return [[this.text([name], 'a key') ?? '', value]];
      const node = this.#resolve(value);
      // The first mapping of a list wins.
      return (isSeq(node) ? node.items.toReversed() : [node]).flatMap((item) => {
        const from = this.#resolve(item);
        if (!isMap(from)) throw this.#wrong(from, '"<<"', 'a mapping');
        return this.#entriesOf(from, [...around, map]);
      });
    });
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
