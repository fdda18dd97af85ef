import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../../lib/environment.ts';
import { makeFolders, writeAtomically } from '../../lib/files/files.ts';
import { parseObject } from '../../lib/json.ts';

const LIFETIME_MS = 3 * 60_000;
/** After a failure: long enough that not every Tab waits for a Harbor that is away. */
const FAILURE_LIFETIME_MS = 20_000;

/**
 * Returns the names from the last minutes, else loads them. They are kept in a file below `$XDG_CACHE_HOME/objdocker` that only
 * its owner may read; the file holds names and no secret. After a failure the earlier names are used.
 */
export async function cachedNames(
  key: readonly string[],
  { environment }: { readonly environment: Environment },
  load: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const folder = join(environment.env.XDG_CACHE_HOME || join(environment.home, '.cache'), 'objdocker', 'completion');
  const file = join(folder, `${createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 32)}.json`);
  const now = environment.now().getTime();
  const cached = await readEntry(file);
  if (cached !== undefined && now >= cached.loaded && now < cached.expires) return cached.names;
  const loaded = await load().catch(() => undefined);
  const names = loaded ?? cached?.names ?? [];
  const expires = now + (loaded === undefined ? FAILURE_LIFETIME_MS : LIFETIME_MS);
  // A cache that cannot be written only makes the next completion slower.
  await makeFolders(folder, { mode: 0o700 })
    .then(() => writeAtomically(file, [JSON.stringify({ loaded: now, expires, names })], { mode: 0o600 }))
    .catch(() => {});
  return names;
}

interface Entry {
  readonly loaded: number;
  readonly expires: number;
  readonly names: readonly string[];
}

async function readEntry(file: string): Promise<Entry | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const { loaded, expires, names } = parseObject(text) ?? {};
  if (typeof loaded !== 'number' || typeof expires !== 'number' || !Array.isArray(names)) return undefined;
  return { loaded, expires, names: names.filter((name) => typeof name === 'string') };
}
