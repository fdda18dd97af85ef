import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** The machine's processes, containers included, whose command line or environment contains a text. */
export async function processesWith(text: string, where: 'cmdline' | 'environ'): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      // A process that has ended has neither; a zombie's are empty.
      const [searched, line] = await Promise.all(
        [where, 'cmdline'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')),
      );
      return searched?.replaceAll('\0', ' ').includes(text) ? [`${pid} ${line?.replaceAll('\0', ' ')}`] : [];
    }),
  );
  return found.flat();
}

/** Polls until a value is as wanted, and returns it. Throws with the last value when it never is. */
export async function until<T>(read: () => T | Promise<T>, isWanted: (value: T) => boolean, seconds = 120): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const value = await read();
    if (isWanted(value)) return value;
    if (performance.now() > end) throw new Error(`still after ${seconds} s: ${JSON.stringify(value)}`);
    await sleep(50);
  }
}
