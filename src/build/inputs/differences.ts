import { createHash, type Hash } from 'node:crypto';
import { shortDigest } from '../../lib/text/words.ts';
import type { ServiceInputs } from '../../model/inputs.ts';
import type { ImageInputs } from './image-inputs.ts';

/** The most paths that a record keeps for an image. With more, files are joined into their folders. */
const MOST_PATHS = 5000;
/** The name of all paths in one. */
const ALL = './';
/** The most paths that a message names for one instruction. */
const MOST_NAMED = 4;

/** The inputs as a record keeps them. */
export function recordedInputs({
  digest,
  platforms,
  stages,
  arguments: args,
  images,
  files,
  secrets,
}: ImageInputs): ServiceInputs {
  return { digest, platforms, stages, arguments: args, images, files: compact(files), secrets };
}

/**
 * What has changed since a release, a sentence part for each: `src/table.py, src/pdf/ (COPY, line 41)`.
 *
 * @param before of the record
 */
export function differences(before: ServiceInputs, now: ImageInputs): string[] {
  const found = [
    ...changedNames(before.stages, now.stages).map((name) => `the instructions of stage ${name}`),
    ...changedNames(before.arguments, now.arguments).map((name) => `build-arg ${name}`),
    ...changedImages(before.images, now.images),
    ...changedFiles(before.files, now),
    ...changedNames(before.secrets, now.secrets).map((name) => `secret ${name}`),
  ];
  if (before.platforms.join() !== now.platforms.join()) found.push(`platforms ${now.platforms.join(', ')}`);
  return found.length === 0 ? ['# syntax=, or the way in which inputs are compared'] : found;
}

type Digests = Readonly<Record<string, string>>;

function changedNames(before: Digests, now: Digests): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].filter((name) => before[name] !== now[name]).sort();
}

function changedImages(before: Digests, now: Digests): string[] {
  return changedNames(before, now).map((image) => {
    const digest = now[image];
    return digest === undefined
      ? `base image ${image} is not used now`
      : `base image ${image} is now ${shortDigest(digest)}`;
  });
}

function changedFiles(before: Digests, { files, takenBy }: ImageInputs): string[] {
  const byReader = new Map<string, string[]>();
  for (const path of changedPaths(before, files)) {
    const reader = readerOf(path, takenBy) ?? 'no longer taken';
    const paths = byReader.get(reader);
    if (paths === undefined) byReader.set(reader, [path]);
    else paths.push(path);
  }
  return [...byReader].map(([reader, paths]) => {
    const shown = paths.slice(0, MOST_NAMED);
    const more = paths.length - shown.length;
    return `${more === 0 ? shown.join(', ') : `${shown.join(', ')} and ${more} more`} (${reader})`;
  });
}

/** What takes a path, or with a folder the first path in it. */
function readerOf(path: string, takenBy: ImageInputs['takenBy']): string | undefined {
  const reader = takenBy.get(path.replace(/\/$/, ''));
  if (reader !== undefined || !path.endsWith('/')) return reader;
  const folder = path === ALL ? '' : path;
  for (const [taken, by] of takenBy) if (taken.startsWith(folder)) return by;
  return undefined;
}

/** The paths that differ. Of a folder that is new or gone only the folder is named. */
function changedPaths(before: Digests, files: Digests): string[] {
  const folders = new Set(Object.keys(before).filter((path) => path.endsWith('/')));
  // What the record keeps as a folder is compared as one.
  const now = folders.size === 0 ? files : inFolders(files, (path) => folderAmong(path, folders) ?? path);
  const changed = changedNames(before, now);
  const appeared = new Set(changed.filter((path) => (before[path] === undefined) !== (now[path] === undefined)));
  const outer = changed.filter((path) => !ancestors(path).some((folder) => appeared.has(folder)));
  const parents = new Set(changed.flatMap(ancestors));
  return outer.map((path) => (appeared.has(path) && parents.has(path) ? `${path}/` : path));
}

function folderAmong(path: string, folders: ReadonlySet<string>): string | undefined {
  if (folders.has(ALL)) return ALL;
  return ancestors(path)
    .map((folder) => `${folder}/`)
    .find((folder) => folders.has(folder));
}

function ancestors(path: string): string[] {
  const parts = path.replace(/\/$/, '').split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** Joins paths into folders, the deepest first, until there are few enough. */
function compact(files: Digests): Digests {
  const paths = Object.keys(files);
  if (paths.length <= MOST_PATHS) return files;
  const deepest = paths.reduce((most, path) => Math.max(most, path.split('/').length), 1);
  for (let depth = deepest - 1; depth > 0; depth--) {
    const names = new Set(paths.map((path) => nameAt(path, depth)));
    if (names.size <= MOST_PATHS) return inFolders(files, (path) => nameAt(path, depth));
  }
  return inFolders(files, () => ALL);
}

function nameAt(path: string, depth: number): string {
  const parts = path.split('/');
  return parts.length > depth ? `${parts.slice(0, depth).join('/')}/` : path;
}

/** @param nameOf the folder that a path is joined into, with a slash at its end; the path itself for one that stays */
function inFolders(files: Digests, nameOf: (path: string) => string): Digests {
  const joined = new Map<string, string>();
  const folders = new Map<string, Hash>();
  for (const path of Object.keys(files).sort()) {
    const name = nameOf(path);
    const digest = files[path] ?? '';
    if (!name.endsWith('/')) {
      joined.set(name, digest);
      continue;
    }
    const hash = folders.get(name) ?? createHash('sha256');
    folders.set(name, hash.update(`${path}\0${digest}\0`));
  }
  for (const [name, hash] of folders) joined.set(name, hash.digest('hex').slice(0, 32));
  return Object.fromEntries(joined);
}
