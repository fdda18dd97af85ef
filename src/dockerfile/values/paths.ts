import { posix } from 'node:path';
import { ValueError } from '../problem.ts';

/** Joins paths as Go's `path.Join` does: empty parts are left out, and no slash stays at the end. */
export function joinPaths(...parts: readonly string[]): string {
  let joined = '';
  for (const part of parts) if (part !== '') joined += joined === '' || joined === '/' ? part : `/${part}`;
  return joined === '' ? '' : cleanPath(joined);
}

// An empty part, "." or "..".
const UNCLEAN = /^$|^\.\.?(?:\/|$)|\/(?:\.{0,2}$|\.{0,2}\/)/;

/** A path without `.`, `..` and doubled slashes. */
function cleanPath(path: string): string {
  if (!UNCLEAN.test(path)) return path;
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

/**
 * A path relative to a folder, as an absolute path.
 *
 * @param windows whether the image is for Windows: backslashes separate, and `C:` is removed
 * @throws {ValueError} for another drive than C: and for `\\server\share`.
 */
export function resolvePath(folder: string, path: string, windows: boolean): string {
  const parent = withoutDrive(folder === '' ? '/' : folder, windows);
  const absoluteParent = parent.startsWith('/') ? parent : joinPaths('/', parent);
  const wanted = withoutDrive(path === '' ? absoluteParent : path, windows);
  return wanted.startsWith('/') ? wanted : joinPaths(absoluteParent, wanted);
}

/** @throws {ValueError} */
export function withoutDrive(path: string, windows: boolean): string {
  if (!windows) return path;
  const slashed = path.replaceAll('\\', '/');
  if (/^.:$/s.test(slashed))
    throw new ValueError(`${JSON.stringify(path)} names a drive and no path`, 'Write the path, too: C:/folder.');
  if (slashed.startsWith('//'))
    throw new ValueError(`${JSON.stringify(path)} is on another machine`, 'Use a path of the image: /folder.');
  const colon = slashed.indexOf(':');
  if (colon < 0) return cleanPath(slashed === '' ? '.' : slashed);
  if (slashed.slice(0, colon).toLowerCase() !== 'c')
    throw new ValueError(`${JSON.stringify(path)} is not on drive C:`, 'An image has no other drive: use C:.');
  return cleanPath(slashed.slice(colon + 1) === '' ? '.' : slashed.slice(colon + 1));
}
