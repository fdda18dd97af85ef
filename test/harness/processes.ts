import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** The processes of the machine, engine's containers included, whose command line or environment holds a text. */
export async function processesWith(text: string, where: 'cmdline' | 'environ'): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      // A process that has ended meanwhile has neither; a zombie's are empty.
      const [searched, line] = await Promise.all(
        [where, 'cmdline'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')),
      );
      return searched?.replaceAll('\0', ' ').includes(text) ? [`${pid} ${line?.replaceAll('\0', ' ')}`] : [];
    }),
  );
  return found.flat();
}

/** Waits until an answer is as wanted, and returns it; throws with the last answer when it never is. */
export async function until<T>(ask: () => T | Promise<T>, isWanted: (answer: T) => boolean, seconds = 120): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (performance.now() > end) throw new Error(`still after ${seconds} s: ${JSON.stringify(answer)}`);
    await sleep(50);
  }
}
