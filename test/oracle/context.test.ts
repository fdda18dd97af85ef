import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openContext, type TakenContext } from '../../src/build/inputs/context/context.ts';
import type { ContextRequest } from '../../src/build/inputs/context/take.ts';
import { systemEnvironment } from '../../src/lib/environment.ts';
import { createRandom, isLongTest } from '../random.ts';
import { buildOracle, Oracle } from './oracle.ts';
import { describeTree, edit, ignoreText, makeTree, sources } from './random-contexts.ts';

const ROUNDS = isLongTest ? 5_000 : 150;

const program = buildOracle();
if (program === undefined)
  console.warn(
    'The oracle cannot be built (Go, or its module proxy, is missing): contexts are not compared with BuildKit.',
  );

/** What BuildKit's own code makes of a context; README.md says how. */
interface Expected {
  readonly error?: string;
  readonly sources?: readonly { readonly error?: string; readonly paths: readonly string[]; readonly result: string }[];
}

let temp: string;
let oracle: Oracle;

beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'context-oracle-'));
  oracle = new Oracle(program ?? '', '--context');
});

afterEach(() => {
  oracle[Symbol.dispose]();
  rmSync(temp, { recursive: true });
});

async function expected(folder: string, ignore: string, requests: readonly ContextRequest[]): Promise<Expected> {
  const [response] = await oracle.answer([
    { folder, ignore: Buffer.from(`${ignore}\n`).toString('base64'), sources: requests },
  ]);
  return response as Expected;
}

async function ours(folder: string, ignore: string, requests: readonly ContextRequest[]): Promise<TakenContext[]> {
  const dockerfile = join(temp, 'Dockerfile');
  writeFileSync(`${dockerfile}.dockerignore`, ignore);
  const cacheFolder = join(temp, 'cache');
  const reader = await openContext(folder, { environment: systemEnvironment(), dockerfile, excluded: [], cacheFolder });
  const taken: TakenContext[] = [];
  for (const request of requests) taken.push(await reader.take([request]));
  return taken;
}

/** What we miss, and what we count in vain. A link on the way to a source is ours alone: the image has what it leads to. */
function differences(wanted: readonly string[], { entries }: TakenContext): { missed: string[]; surplus: string[] } {
  const found = new Map(entries.map(({ path, type }) => [path, type]));
  return {
    missed: wanted.filter((path) => !found.has(path)),
    surplus: [...found.keys()].filter((path) => !wanted.includes(path) && found.get(path) !== 'symlink'),
  };
}

describe('what sources take from a context', () => {
  it.skipIf(program === undefined)(
    `is what BuildKit takes, and its digests tell each change of an image, in ${ROUNDS} random contexts`,
    { timeout: 3_600_000 },
    async () => {
      const random = createRandom('context');
      let changes = 0;
      let needless = 0;
      let compared = 0;
      let inVain = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const folder = join(temp, `context-${round}`);
        makeTree(folder, random);
        const requests = sources(random);
        const ignore = ignoreText(random);
        const about = [`round ${round}`, JSON.stringify({ ignore, requests }), ...describeTree(folder)];
        const before = await expected(folder, ignore, requests);
        const oursBefore = await ours(folder, ignore, requests);
        const newIgnore = random.next() < 0.1 ? ignoreText(random) : ignore;
        const edited =
          newIgnore === ignore
            ? edit(folder, random, before.sources?.flatMap((source) => source.paths) ?? [])
            : `ignore file ${JSON.stringify(newIgnore)}`;
        const after = await expected(folder, newIgnore, requests);
        const oursAfter = await ours(folder, newIgnore, requests);
        about.push(edited, ...describeTree(folder));
        for (const [index, request] of requests.entries()) {
          const wrong: string[] = [];
          for (const [each, taken] of [
            [before, oursBefore[index]],
            [after, oursAfter[index]],
          ] as const) {
            const source = each.sources?.[index];
            if (taken === undefined) throw new Error('no result');
            if (source !== undefined && source.error === undefined) {
              compared++;
              const { missed, surplus } = differences(source.paths, taken);
              wrong.push(...missed.map((path) => `missed ${path}`), ...taken.problems.map(({ reason }) => reason));
              // With wildcards, BuildKit's client may send less than its daemon would copy. We count what would be copied.
              if (!/[*?[\\^]/.test(request.path)) wrong.push(...surplus.map((path) => `counted in vain: ${path}`));
              else if (surplus.length > 0) inVain++;
            }
          }
          const [from, to] = [before.sources?.[index], after.sources?.[index]];
          if (from !== undefined && to !== undefined && from.error === undefined && to.error === undefined) {
            const isChanged = JSON.stringify(oursBefore[index]?.entries) !== JSON.stringify(oursAfter[index]?.entries);
            if (from.result !== to.result) {
              changes++;
              if (!isChanged) wrong.push('the image changed, and no digest');
            } else if (isChanged) needless++;
          }
          expect(wrong, `source ${index} of ${about.join('\n')}`).toEqual([]);
        }
        rmSync(folder, { recursive: true });
      }
      console.log(
        `${compared} sources compared, ${inVain} with more files than BuildKit; ` +
          `${changes} changed images, all with other digests; ${needless} digests changed needlessly`,
      );
      expect(inVain).toBeLessThan(compared / 20);
      expect(compared).toBeGreaterThan(ROUNDS / 2);
      expect(changes).toBeGreaterThan(ROUNDS / 20);
    },
  );

  it.skipIf(program === undefined).each(['[', 'a\\', '!', '[z-a]', '\\w\\Z'])(
    'is a problem with the pattern %j in the ignore file, for which BuildKit fails',
    async (pattern) => {
      makeTree(join(temp, 'tree'), createRandom('pattern'));
      writeFileSync(join(temp, 'tree', 'w'), '');
      const requests = [{ path: '.', exclude: [], parents: false, wildcards: true }];
      expect(await expected(join(temp, 'tree'), pattern, requests)).toMatchObject({ error: expect.any(String) });
      const [taken] = await ours(join(temp, 'tree'), pattern, requests);
      expect(taken?.problems).toHaveLength(1);
    },
  );
});
