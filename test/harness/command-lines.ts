import { readdir, readFile } from 'node:fs/promises';

/** Samples the arguments of every process of the machine until it is stopped. */
export function watchCommandLines(): { readonly stop: () => Promise<string> } {
  const seen = new Set<string>();
  let stopped = false;
  const watching = (async () => {
    while (!stopped) {
      for (const pid of await readdir('/proc')) {
        if (!/^\d+$/.test(pid)) continue;
        // The process may have ended.
        const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
        if (line !== '') seen.add(line.replaceAll('\0', ' '));
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  return {
    async stop() {
      stopped = true;
      await watching;
      return [...seen].join('\n');
    },
  };
}
