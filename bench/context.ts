import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { compare, type MeasureOptions, measure, type Row } from './measure.ts';
import { run } from './process.ts';

const FIRST = 'first';
const AGAIN = 'again';
const PEER = 'find -type f | xargs -P2 sha256sum';
const FOLDERS = 500;
const FILES = 100;
const BYTES = 20_000;
const MAX_MEMORY_MB = 100;
const READER = new URL('../dist/build/inputs/context/context.js', import.meta.url).href;
const ENVIRONMENT = new URL('../dist/lib/environment.js', import.meta.url).href;

/** Claim: what changed in a context of 50,000 files and 1 GB is known as fast as all its files can be hashed, and again much faster. */
export async function benchContext({ rounds, signal, onRun }: MeasureOptions): Promise<readonly Row[]> {
  const temp = await mkdtemp(join(tmpdir(), 'bench-context-'));
  const context = join(temp, 'context');
  const cache = join(temp, 'cache');
  try {
    await makeFiles(context, signal);
    // A file that was changed a moment ago is not kept.
    await setTimeout(5_000, undefined, { signal });
    const ours = async () => {
      const megabytes = Number(
        await run([process.execPath, '--input-type=module', '-e', script(context, cache)], { signal }),
      );
      if (megabytes > MAX_MEMORY_MB) throw new Error(`the reader took ${megabytes.toFixed(0)} MB of memory`);
    };
    const variants = [
      { name: FIRST, prepare: () => rm(cache, { recursive: true, force: true }), run: ours },
      { name: AGAIN, prepare: ours, run: ours },
      {
        name: PEER,
        run: () => run(['bash', '-c', 'find . -type f -print0 | xargs -0 -P2 sha256sum'], { cwd: context, signal }),
      },
    ];
    await measure(variants, { rounds: 1, signal });
    const timings = await measure(variants, { rounds, signal, ...(onRun === undefined ? {} : { onRun }) });
    return [
      compare(timings, { what: 'context, 50,000 files, first', ours: FIRST, peer: PEER, target: 1.5 }),
      compare(timings, {
        what: 'context, 50,000 files, again',
        ours: AGAIN,
        peer: FIRST,
        against: 'the first',
        target: 0.1,
      }),
      compare(timings, { what: 'context, 50,000 files, again', ours: AGAIN, peer: PEER }),
    ];
  } finally {
    await rm(temp, { recursive: true });
  }
}

/** Takes the whole context, and prints how many MB of memory that took beside the modules. */
function script(context: string, cacheFolder: string): string {
  return `
    import { openContext } from ${JSON.stringify(READER)};
    import { systemEnvironment } from ${JSON.stringify(ENVIRONMENT)};
    const before = process.resourceUsage().maxRSS;
    const options = { environment: systemEnvironment(), dockerfile: '/none', excluded: [], cacheFolder: ${JSON.stringify(cacheFolder)} };
    const reader = await openContext(${JSON.stringify(context)}, options);
    const { entries } = await reader.take([{ path: '.', exclude: [], parents: false, wildcards: true }]);
    await reader.save();
    if (entries.length !== ${1 + FOLDERS + FOLDERS * FILES}) throw new Error(\`\${entries.length} entries\`);
    console.log((process.resourceUsage().maxRSS - before) / 1024);
  `;
}

async function makeFiles(context: string, signal: AbortSignal): Promise<void> {
  for (let folder = 0; folder < FOLDERS; folder++) {
    signal.throwIfAborted();
    const path = join(context, `folder-${folder}`);
    await mkdir(path, { recursive: true });
    await Promise.all(
      Array.from({ length: FILES }, (_, file) =>
        writeFile(join(path, `file-${file}.bin`), content(`${folder}/${file}`)),
      ),
    );
  }
}

/** The same in each run, and different in each file. */
function content(name: string): Buffer {
  const block = createHash('sha512').update(name).digest();
  return Buffer.alloc(BYTES, block);
}
