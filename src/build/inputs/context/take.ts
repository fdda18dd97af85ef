import type { ContextNode } from './node.ts';
import { cleanPath, type MatchedPatterns, PatternList } from './patterns.ts';
import type { ContextTree } from './tree.ts';
import { hasWildcards, wildcardTest } from './wildcards.ts';

/** A source of a COPY, an ADD or a bind mount. */
export interface ContextRequest {
  /**
   * From the root of the context, `.` for all of it, variables replaced; wildcards, and for `--parents` the `/./`, stay. It may start
   * with a slash.
   */
  readonly path: string;
  /** The patterns of `--exclude`. */
  readonly exclude: readonly string[];
  /** Whether the instruction has `--parents`. */
  readonly parents: boolean;
  /** False for the source of a bind mount, in which `*` is an ordinary character. */
  readonly wildcards: boolean;
}

/**
 * Finds what BuildKit copies or mounts for a source. What it could not find makes the build fail, and is not here.
 *
 * The facts are those of github.com/tonistiigi/fsutil/copy and of the Dockerfile frontend (convert_copy.go).
 *
 * @param onTaken called with each file, folder and symlink, maybe several times, and with what cannot be read
 * @throws {PatternError} for patterns that BuildKit refuses
 */
export async function takeSource(
  tree: ContextTree,
  request: ContextRequest,
  onTaken: (node: ContextNode) => void,
): Promise<void> {
  const { source, included } = request.parents ? splitAtPivot(request.path) : { source: request.path };
  const filter: Filter = {
    included: included === undefined ? undefined : new PatternList([included]),
    excluded: request.exclude.length === 0 ? undefined : new PatternList(request.exclude),
  };
  const take = async (path: string): Promise<void> => {
    const node = await tree.follow(path, onTaken);
    if (node === undefined) return;
    onTaken(node);
    if (isFolder(tree, node)) await takeContent(node, '', {});
  };
  const takeContent = async (folder: ContextNode, path: string, matched: Matched): Promise<boolean> => {
    let isAnyTaken = false;
    for (const child of await tree.sentIn(folder)) {
      const childPath = path === '' ? child.name : `${path}/${child.name}`;
      const applied = apply(filter, childPath, matched);
      const { isTaken } = applied;
      if (isTaken) onTaken(child);
      const hasTaken = !applied.isDead && isFolder(tree, child) && (await takeContent(child, childPath, applied));
      // A folder is also copied for what is in it.
      if (hasTaken && !isTaken) onTaken(child);
      isAnyTaken ||= isTaken || hasTaken;
    }
    return isAnyTaken;
  };
  const paths = request.wildcards ? await expandWildcards(tree, source, onTaken) : [source];
  for (const path of paths) await take(path);
}

/** `COPY --parents a/./b/c` copies from `a` what matches `b/c`; without a pivot, from the root. */
function splitAtPivot(path: string): { source: string; included: string } {
  const pivot = path.indexOf('/./');
  const source = pivot === -1 ? '/' : path.slice(0, pivot);
  const included = pivot === -1 ? path : path.slice(pivot + 3);
  // Only a relative pattern is brought back into the source: "/../a" matches nothing.
  return { source, included: included.startsWith('/') ? included.slice(1) : cleanPath(`/${included}`).slice(1) };
}

interface Filter {
  readonly included: PatternList | undefined;
  readonly excluded: PatternList | undefined;
}

/** The patterns that matched a folder below the source. */
interface Matched {
  readonly included?: MatchedPatterns | undefined;
  readonly excluded?: MatchedPatterns | undefined;
}

interface Applied extends Matched {
  readonly isTaken: boolean;
  /** Whether nothing below it can be taken. */
  readonly isDead: boolean;
}

const TAKEN: Applied = { isTaken: true, isDead: false };

function apply({ included, excluded }: Filter, path: string, parent: Matched): Applied {
  if (included === undefined && excluded === undefined) return TAKEN;
  const matched = { included: included?.noneMatched(), excluded: excluded?.noneMatched() };
  const isIncluded = included?.matches(path, parent.included, matched.included) ?? true;
  const isExcluded = excluded?.matches(path, parent.excluded, matched.excluded) ?? false;
  const isDead =
    (isExcluded && excluded?.mayMatchBelow(path, 'exception') !== true) ||
    (!isIncluded && included?.mayMatchBelow(path, 'pattern') !== true);
  return { ...matched, isTaken: isIncluded && !isExcluded, isDead };
}

/**
 * The paths that a pattern matches. Symlinks are followed in front of the first wildcard and at the end of each path that is found,
 * and nowhere else.
 */
async function expandWildcards(
  tree: ContextTree,
  pattern: string,
  onPassed: (node: ContextNode) => void,
): Promise<readonly string[]> {
  const parts = cleanPath(`/${pattern}`).split('/').slice(1);
  const first = parts.findIndex(hasWildcards);
  if (first === -1) return [pattern];
  const base = await tree.follow(parts.slice(0, first).join('/'), onPassed);
  const wild = parts.slice(first).join('/');
  const test = wildcardTest(wild);
  if (base === undefined || test === undefined || !isFolder(tree, base)) return [];
  // Only a class can match a slash.
  const depth = parts.length - first + (wild.match(/\[/g)?.length ?? 0);
  const found: string[] = [];
  const search = async (folder: ContextNode, path: string, level: number): Promise<void> => {
    for (const child of await tree.sentIn(folder)) {
      const childPath = path === '' ? child.name : `${path}/${child.name}`;
      if (test(childPath)) found.push(child.path);
      else if (level < depth && isFolder(tree, child)) await search(child, childPath, level + 1);
    }
    if (folder.problem !== undefined) onPassed(folder);
  };
  await search(base, '', 1);
  return found;
}

function isFolder(tree: ContextTree, node: ContextNode): boolean {
  return node.stat(tree.folder).type === 'directory';
}
