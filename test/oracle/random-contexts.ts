import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ContextRequest } from '../../src/build/inputs/context/take.ts';
import type { Random } from '../random.ts';

const NAMES = [
  'a',
  'b',
  'ab',
  'c.txt',
  'b.txt',
  '.git',
  'a^b',
  'x*',
  'a b',
  'ü',
  '💀',
  'a\\b',
  'line\nbreak',
  'Dockerfile',
];
const PARTS = [
  'a',
  'b',
  'ab',
  'c.txt',
  '*',
  '*',
  '**',
  '*.txt',
  '?',
  '[a-b]',
  '[^a]',
  'a*',
  '.git',
  'a^b',
  'a?b',
  '\\a',
  'x\\*',
  'ü',
  '..',
];
const MODES = [0o644, 0o600, 0o755, 0o4755, 0o1777];

/** A random folder with files, folders, links and pipes. The same for the same random numbers. */
export function makeTree(folder: string, random: Random, depth = 0): void {
  mkdirSync(folder, { recursive: true });
  for (let count = random.below(depth === 0 ? 9 : 5); count >= 0; count--) {
    const name = pick(random, NAMES);
    if (!readdirSync(folder).includes(name)) makeNode(join(folder, name), random, depth);
  }
}

function makeNode(path: string, random: Random, depth: number): void {
  const kind = random.next();
  if (kind < 0.45) writeFileSync(path, `${random.below(3)}`, { mode: pick(random, MODES) });
  else if (kind < 0.8 && depth < 3) makeTree(path, random, depth + 1);
  else if (kind < 0.97) symlinkSync(linkTarget(random), path);
  else execFileSync('mkfifo', [path]);
}

function linkTarget(random: Random): string {
  const up = pick(random, ['', '', '', '/', '../', '../../', './']);
  return `${up}${somePath(random, NAMES)}`;
}

/** The text of a random ignore file. */
export function ignoreText(random: Random): string {
  if (random.next() < 0.3) return '';
  const lines = Array.from({ length: 1 + random.below(4) }, () => {
    const start = pick(random, ['', '', '', '!', '!', '/', '# ', ' ', '! ', '!/']);
    return `${start}${somePath(random, random.next() < 0.5 ? NAMES.slice(0, 6) : PARTS)}${pick(random, ['', '', '', '/', ' ', '\r', '/**', '/*'])}`;
  });
  return `${pick(random, ['', '', '', '\ufeff'])}${lines.join('\n')}`;
}

/** Random sources of COPY and of bind mounts. */
export function sources(random: Random): ContextRequest[] {
  return Array.from({ length: 1 + random.below(3) }, () => {
    const wildcards = random.next() < 0.85;
    const parents = wildcards && random.next() < 0.3;
    const pivot = parents && random.next() < 0.4 ? `${somePath(random, NAMES)}/./` : '';
    const path = `${pivot}${random.next() < 0.15 ? '.' : somePath(random, random.next() < 0.5 ? NAMES : PARTS)}`;
    const exclude =
      wildcards && random.next() < 0.4 ? Array.from({ length: 1 + random.below(2) }, () => excluded(random)) : [];
    return {
      path: `${pick(random, ['', '', '/', './'])}${path}${pick(random, ['', '', '/'])}`,
      exclude,
      parents,
      wildcards,
    };
  });
}

function excluded(random: Random): string {
  return `${pick(random, ['', '', '!'])}${somePath(random, PARTS)}`;
}

/**
 * Changes one thing, and says what.
 *
 * @param taken paths that are changed more often than others
 */
export function edit(folder: string, random: Random, taken: readonly string[]): string {
  const all = allPaths(folder);
  const likely = all.filter((path) => taken.includes(path));
  const paths = likely.length > 0 && random.next() < 0.7 ? likely : all;
  const path = paths[random.below(paths.length)];
  if (path === undefined) {
    makeNode(join(folder, pick(random, NAMES)), random, 1);
    return 'add';
  }
  const at = join(folder, path);
  const found = lstatSync(at);
  const kind = pick(random, ['write', 'write', 'chmod', 'remove', 'add', 'add', 'rename', 'replace', 'link', 'times']);
  const other = join(folder, pick(random, paths), '..', pick(random, NAMES));
  const isFree = lstatSync(other, { throwIfNoEntry: false }) === undefined && !`${other}/`.startsWith(`${at}/`);
  if (kind === 'write' && found.isFile()) writeFileSync(at, `${random.below(3)} again`);
  else if (kind === 'chmod' && !found.isSymbolicLink()) chmodSync(at, pick(random, MODES));
  else if (kind === 'remove') rmSync(at, { recursive: true });
  else if (kind === 'add' && isFree) makeNode(other, random, 2);
  else if (kind === 'rename' && isFree) renameSync(at, other);
  else if (kind === 'replace') {
    rmSync(at, { recursive: true });
    makeNode(at, random, 2);
  } else if (kind === 'link' && found.isFile() && isFree) linkSync(at, other);
  else if (!found.isSymbolicLink()) utimesSync(at, 1, 1);
  return `${kind} ${JSON.stringify(path)}`;
}

/** The tree as lines of text, for a failure. */
export function describeTree(folder: string): string[] {
  return allPaths(folder).map((path) => {
    const found = lstatSync(join(folder, path));
    const target = found.isSymbolicLink() ? ` -> ${readlinkSync(join(folder, path))}` : '';
    return `${(found.mode & 0o177777).toString(8)} ${JSON.stringify(path)}${target}`;
  });
}

/** Node's own recursive listing follows links. */
function allPaths(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const below = entry.isDirectory() ? allPaths(join(folder, entry.name)) : [];
      return [entry.name, ...below.map((path) => `${entry.name}/${path}`)];
    })
    .sort();
}

function somePath(random: Random, parts: readonly string[]): string {
  return Array.from({ length: 1 + random.below(3) }, () => pick(random, parts)).join('/');
}

function pick<T>(random: Random, values: readonly T[]): T {
  const value = values[random.below(values.length)];
  if (value === undefined) throw new RangeError('nothing to pick from');
  return value;
}
