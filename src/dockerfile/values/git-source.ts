import { joinWords } from '../../lib/text/words.ts';
import { ValueError } from '../problem.ts';
import { readBooleanOrNothing } from './go-values.ts';
import { parseUrl } from './url.ts';

const SCP = /^([a-zA-Z0-9-_]+)@([a-zA-Z0-9-.]+):([^\n]*?)(?:\?([^\n]*?))?(?:#([^\n]*))?$/;

// A checksum may be given for this form, although it is a path.
const GITHUB = 'github.com/';

/** Whether ADD fetches a source by HTTP. */
export function isHttpSource(source: string): boolean {
  return /^https?:\/\//.test(source) && !isGitSource(source);
}

/** Whether a source is a Git repository, with options that can be read. */
export function isGitSource(source: string): boolean {
  try {
    const repository = readGitSource(source);
    return repository !== undefined || (source.startsWith(GITHUB) && parseUrl(source) !== undefined);
  } catch (error) {
    if (error instanceof ValueError) return false;
    throw error;
  }
}

/** What a Git source asks for beside the repository. */
export interface GitSource {
  readonly checksum: string;
  /** A branch, a tag or a commit; empty without one. */
  readonly reference: string;
  readonly keepGitDir?: boolean;
}

/**
 * Reads a source as a Git repository; undefined when it is none. A name such as `github.com/org/repo` is a path here.
 *
 * @throws {ValueError} for a repository whose options are wrong.
 */
export function readGitSource(source: string): GitSource | undefined {
  if (source.startsWith('./') || source.startsWith('../')) return undefined;
  if (source.startsWith(GITHUB)) {
    // BuildKit checks the options of this form, too, and then takes it for a path.
    const url = parseUrl(source);
    if (url !== undefined) readOptions(url.query, url.fragment);
    return undefined;
  }
  const scheme = source.includes('://') ? /^[a-zA-Z0-9]+:\/\//.exec(source)?.[0].slice(0, -3).toLowerCase() : undefined;
  if (scheme !== undefined) {
    if (!['http', 'https', 'ssh', 'git'].includes(scheme)) return undefined;
    const url = parseUrl(source);
    if (url === undefined) return undefined;
    if (scheme.startsWith('http') && !url.path.endsWith('.git')) return undefined;
    return readOptions(url.query, url.fragment);
  }
  const scp = source.includes('@') ? SCP.exec(source) : null;
  if (scp === null) return undefined;
  const query = scp[4] ?? '';
  if (!isQuery(query)) return undefined;
  return readOptions(query, scp[5] ?? '');
}

function isQuery(query: string): boolean {
  return query.split('&').every((part) => !part.includes(';') && !/%(?![0-9a-fA-F]{2})/.test(part));
}

const FLAGS = ['submodules', 'keep-git-dir', 'fetch-by-commit'];
const NAMES = ['ref', 'tag', 'branch', 'subdir', 'checksum', 'commit', 'mtime', ...FLAGS];

function readOptions(query: string, fragment: string): GitSource {
  const values = queryValues(query);
  for (const [name, given] of values) {
    if (given.length > 1) throw wrong(`gives ${name} several times`);
    if (given[0] === '' && !FLAGS.includes(name)) throw wrong(`gives ${name} no value`);
    if (!NAMES.includes(name)) throw wrong(`has the unknown option ${name}`);
  }
  const one = (name: string): string => values.get(name)?.[0] ?? '';
  for (const name of FLAGS)
    if (one(name) !== '' && readBooleanOrNothing(one(name)) === undefined)
      throw wrong(`cannot have ${name}=${one(name)}`);
  if (values.has('mtime') && !['checkout', 'commit'].includes(one('mtime')))
    throw wrong(`cannot have mtime=${one('mtime')}`);
  const reference = readReference(fragment, one);
  const keep = values.has('keep-git-dir') ? (readBooleanOrNothing(one('keep-git-dir')) ?? true) : undefined;
  return { checksum: one('checksum') || one('commit'), reference, ...(keep === undefined ? {} : { keepGitDir: keep }) };
}

/** The fragment, `ref`, `tag` and `branch` have to name the same. */
function readReference(fragment: string, one: (name: string) => string): string {
  const colon = fragment.indexOf(':');
  const reference = colon < 0 ? fragment : fragment.slice(0, colon);
  const folder = colon < 0 ? '' : fragment.slice(colon + 1).replace(/^\/+|\/+$/g, '');
  const tag = one('tag') === '' ? '' : withPrefix('refs/tags/', one('tag'));
  const branch = one('branch') === '' ? '' : withPrefix('refs/heads/', one('branch'));
  const names = new Set([reference, one('ref'), tag, branch].filter((name) => name !== ''));
  if (names.size > 1 || (tag !== '' && branch !== '')) throw wrong('names two references');
  if (folder !== '' && one('subdir') !== '' && folder !== one('subdir')) throw wrong('names two folders');
  const [only = ''] = names;
  return only;
}

function withPrefix(prefix: string, name: string): string {
  return name.startsWith(prefix) ? name : prefix + name;
}

function queryValues(query: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const part of query.split('&')) {
    if (part === '' || part.includes(';') || /%(?![0-9a-fA-F]{2})/.test(part)) continue;
    const equals = part.indexOf('=');
    const name = decode(equals < 0 ? part : part.slice(0, equals));
    values.set(name, [...(values.get(name) ?? []), decode(equals < 0 ? '' : part.slice(equals + 1))]);
  }
  return values;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

function wrong(problem: string): ValueError {
  return new ValueError(`the Git source ${problem}`, `Its options are ${joinWords(NAMES)}, each once.`);
}
