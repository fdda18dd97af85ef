import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isLongTest } from '../../../../test/random.ts';
import { systemEnvironment } from '../../../lib/environment.ts';
import { openContext } from './context.ts';

const FILES_A_FOLDER = 1_000;
const FOLDERS = isLongTest ? 200 : 10;
const TIMEOUT_MS = 1_200_000;

it(
  `takes ${(FOLDERS * FILES_A_FOLDER).toLocaleString('en')} small files, and sees that one of them has changed`,
  async () => {
    const temp = await mkdtemp(join(tmpdir(), 'many-files-'));
    try {
      for (let folder = 0; folder < FOLDERS; folder++) {
        mkdirSync(join(temp, 'context', `${folder}`), { recursive: true });
        for (let file = 0; file < FILES_A_FOLDER; file++)
          writeFileSync(join(temp, 'context', `${folder}`, `${file}`), `${folder} ${file}`);
      }
      const environment = systemEnvironment();
      const take = async () => {
        const options = { environment, dockerfile: '/none', excluded: [], cacheFolder: join(temp, 'cache') };
        const reader = await openContext(join(temp, 'context'), options);
        const taken = await reader.take([{ path: '.', exclude: [], parents: false, wildcards: true }]);
        await reader.save();
        expect(taken.problems).toEqual([]);
        return new Map(taken.entries.map(({ path, digest }) => [path, digest]));
      };
      const first = await take();
      expect(first.size).toBe(1 + FOLDERS + FOLDERS * FILES_A_FOLDER);
      const changed = `${FOLDERS - 1}/500`;
      writeFileSync(join(temp, 'context', changed), 'changed');
      const second = await take();
      expect([...second].flatMap(([path, digest]) => (first.get(path) === digest ? [] : [path]))).toEqual([changed]);
    } finally {
      await rm(temp, { recursive: true });
    }
  },
  TIMEOUT_MS,
);
