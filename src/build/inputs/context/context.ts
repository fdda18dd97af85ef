import { lstatSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readIgnoreFile, withExclusions } from '../../../buildx/run/ignore-file.ts';
import { ObjDockerError } from '../../../errors.ts';
import type { Environment } from '../../../lib/environment.ts';
import { DigestCache } from './cache.ts';
import { ContentReader, digestOf, hardLinkDigest, ROOT_DIGEST } from './digests.ts';
import { shown } from './names.ts';
import { type ContextNode, codeOf, type NodeStat } from './node.ts';
import { PatternError, PatternList, readIgnorePatterns } from './patterns.ts';
import { Slices } from './slices.ts';
import { type ContextRequest, takeSource } from './take.ts';
import { ContextTree } from './tree.ts';
import { attributeReader, type ExtendedAttributes } from './xattrs.ts';

/** A file, folder or link that a build takes from its context. */
export interface ContextEntry {
  /** From the root of the context, which is `.`; a byte that is not UTF-8 is U+FFFD and two hexadecimal digits. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  /** Over type, permissions, link target, content and extended attributes; never times or owners. */
  readonly digest: string;
}

/** What sources take from the build context. */
export interface TakenContext {
  /** Sorted by path, each once. */
  readonly entries: readonly ContextEntry[];
  /** What could not be read, or changed while it was read. Then nobody knows what the build takes. */
  readonly problems: readonly ContextProblem[];
  /** The `.git` folders among the entries, and the `.git` files of worktrees. They differ in each clone. */
  readonly gitFolders: readonly string[];
  /** What is not counted on this machine, each as a sentence without a full stop. */
  readonly remarks: readonly string[];
}

export interface ContextProblem {
  readonly path: string;
  /** Follows the path in a sentence: `it cannot be read: EACCES`. */
  readonly reason: string;
}

/** Reads one build context for all services of a package: each file at most once. */
export interface ContextReader {
  /**
   * Finds what the sources take.
   *
   * @throws {ObjDockerError} CANCELLED
   */
  take(requests: readonly ContextRequest[]): Promise<TakenContext>;
  /** Keeps the digests for the next run. A cache that cannot be written is no error. */
  save(): Promise<void>;
}

export interface ContextOptions {
  readonly environment: Pick<Environment, 'env' | 'home' | 'exec'>;
  /** The path of the Dockerfile: `<Dockerfile>.dockerignore` beside it goes before `.dockerignore` in the context. */
  readonly dockerfile: string;
  /** Paths that the build excludes whatever the ignore file says, relative to the context. */
  readonly excluded: readonly string[];
  /** Where digests are kept. @default `$XDG_CACHE_HOME/objdocker/contexts` */
  readonly cacheFolder?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a build context. What is found is what BuildKit would send, copy and mount.
 *
 * @throws {ObjDockerError} CONTEXT_INVALID when the folder or the ignore file cannot be read, CANCELLED
 */
export async function openContext(folder: string, options: ContextOptions): Promise<ContextReader> {
  const { environment, dockerfile, excluded, signal } = options;
  const slices = new Slices(signal);
  const root = realFolder(folder);
  const ignoreText = withExclusions(await readIgnoreFile(dockerfile, folder), excluded);
  const { patterns, problem } = readPatterns(ignoreText, `${basename(dockerfile)}.dockerignore or .dockerignore`);
  const readAttributes = attributeReader(environment);
  const cacheFolder =
    options.cacheFolder ??
    join(environment.env.XDG_CACHE_HOME || join(environment.home, '.cache'), 'objdocker', 'contexts');
  const cache = await DigestCache.open(cacheFolder, root, { hasAttributes: readAttributes !== undefined, slices });
  return new FolderReader({
    tree: new ContextTree(root, patterns, slices),
    cache,
    slices,
    readAttributes,
    signal,
    problem,
  });
}

interface Parts {
  readonly tree: ContextTree;
  readonly cache: DigestCache;
  readonly slices: Slices;
  readonly readAttributes: ReturnType<typeof attributeReader>;
  readonly signal: AbortSignal | undefined;
  /** Of the ignore file. */
  readonly problem: ContextProblem | undefined;
}

class FolderReader implements ContextReader {
  readonly #parts: Parts;
  readonly #content: ContentReader;
  #attributeProblem: string | undefined;
  /** The nodes are shared, so one list of requests is worked on at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#content = new ContentReader(parts.tree.folder, parts.slices);
    if (parts.readAttributes === undefined)
      this.#attributeProblem = 'extended attributes of files are not counted: reading them needs Linux and perl';
  }

  take(requests: readonly ContextRequest[]): Promise<TakenContext> {
    const taken = this.#last.then(() => this.#take(requests));
    this.#last = taken.catch(() => {});
    return taken;
  }

  async save(): Promise<void> {
    await this.#last;
    const { cache, slices, tree } = this.#parts;
    await cache.save(slices, (folder) => tree.listed(folder));
  }

  async #take(requests: readonly ContextRequest[]): Promise<TakenContext> {
    const { tree, slices, problem } = this.#parts;
    await slices.next();
    const nodes = new Set<ContextNode>();
    const problems = problem === undefined ? [] : [problem];
    for (const request of requests) {
      try {
        await takeSource(tree, request, (node) => nodes.add(node));
      } catch (error) {
        if (!(error instanceof PatternError)) throw error;
        problems.push({ path: request.path, reason: error.message });
      }
    }
    await this.#digest(nodes);
    const entries: ContextEntry[] = [];
    const gitFolders: string[] = [];
    const links = this.#hardLinks(nodes);
    for (const node of nodes) {
      if (slices.isOver()) await slices.next();
      const path = node === tree.root ? '.' : node.isPlain ? node.path : shown(node.path);
      if (node.problem !== undefined) problems.push({ path, reason: node.problem });
      if (node.digest === undefined) continue;
      const { type } = node.stat(tree.folder);
      const first = links.get(node);
      const digest = first === undefined ? node.digest : hardLinkDigest(node.digest, first.path);
      entries.push({
        path,
        type: type === 'file' || type === 'directory' || type === 'symlink' ? type : 'other',
        digest,
      });
      if (node.name === '.git') gitFolders.push(path);
    }
    const remarks = this.#attributeProblem === undefined ? [] : [this.#attributeProblem];
    return { entries: entries.sort(byPath), problems: problems.sort(byPath), gitFolders: gitFolders.sort(), remarks };
  }

  /** Sets the digests of the nodes, from the cache where it has them. */
  async #digest(nodes: ReadonlySet<ContextNode>): Promise<void> {
    const { tree, cache, slices, readAttributes } = this.#parts;
    tree.root.digest = ROOT_DIGEST;
    const unknown: ContextNode[] = [];
    for (const node of nodes) {
      if (slices.isOver()) await slices.next();
      if (node.digest !== undefined || node.problem !== undefined) continue;
      node.digest = cache.find(node.parent?.path ?? '', node.name, node.stat(tree.folder));
      if (node.digest === undefined) unknown.push(node);
    }
    const reading = this.#attributesOf(unknown);
    // Awaited below, also when the contents cannot be read.
    reading.catch(() => {});
    const contents: (string | undefined)[] = [];
    for (const node of unknown) {
      if (slices.isOver()) await slices.next();
      contents.push(await this.#contentOf(node));
    }
    const attributes = await reading;
    for (const [index, node] of unknown.entries()) {
      if (slices.isOver()) await slices.next();
      const content = contents[index];
      if (content === undefined) continue;
      const stat = node.stat(tree.folder);
      node.digest = digestOf(stat, content, attributes?.get(node.path) ?? []);
      // A digest without attributes would be wrong where they can be read again.
      if (readAttributes === undefined || attributes !== undefined)
        cache.add(node.parent?.path ?? '', node.name, stat, node.digest);
    }
  }

  async #contentOf(node: ContextNode): Promise<string | undefined> {
    const { folder } = this.#parts.tree;
    const { type } = node.stat(folder);
    if (type === 'file') return await this.#content.read(node);
    if (type !== 'symlink') return '';
    try {
      return node.target(folder);
    } catch (error) {
      node.problem = `it cannot be read: ${codeOf(error)}`;
      return undefined;
    }
  }

  async #attributesOf(nodes: readonly ContextNode[]): Promise<ExtendedAttributes | undefined> {
    const { readAttributes, tree, signal } = this.#parts;
    if (this.#attributeProblem !== undefined) return undefined;
    try {
      return await readAttributes?.(
        tree.folder,
        nodes.map(({ path }) => path),
        signal,
      );
    } catch (error) {
      if (error instanceof ObjDockerError && error.code === 'CANCELLED') throw error;
      const reason = error instanceof Error ? error.message : String(error);
      this.#attributeProblem = `extended attributes of files are not counted: ${reason}`;
      return undefined;
    }
  }

  /** Files that are hard links to another one of the nodes, and the first of those by path. */
  #hardLinks(nodes: ReadonlySet<ContextNode>): ReadonlyMap<ContextNode, ContextNode> {
    const { folder } = this.#parts.tree;
    const linked = [...nodes].filter((node) => isLinked(node.stat(folder))).sort(byPath);
    const firsts = new Map<string, ContextNode>();
    const links = new Map<ContextNode, ContextNode>();
    for (const node of linked) {
      const key = inodeOf(node, folder);
      const first = firsts.get(key);
      if (first === undefined) firsts.set(key, node);
      else links.set(node, first);
    }
    return links;
  }
}

function isLinked({ type, nlink }: NodeStat): boolean {
  return type === 'file' && nlink > 1;
}

function inodeOf(node: ContextNode, folder: string): string {
  const { dev, ino } = node.stat(folder);
  // Above, two inodes may be one number.
  if (Number.isSafeInteger(ino)) return `${dev}:${ino}`;
  return `${dev}:${lstatSync(node.at(folder), { bigint: true, throwIfNoEntry: false })?.ino ?? node.path}`;
}

function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch (cause) {
    throw new ObjDockerError('CONTEXT_INVALID', `cannot read the build context ${folder}: ${codeOf(cause)}`, {
      hint: 'Correct `deployment.image.context`, or make the folder readable.',
      cause,
    });
  }
}

function readPatterns(text: string, path: string): { patterns: PatternList; problem: ContextProblem | undefined } {
  try {
    return { patterns: new PatternList(readIgnorePatterns(text)), problem: undefined };
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return { patterns: new PatternList([]), problem: { path, reason: error.message } };
  }
}
