import type { OutputStream } from '../output.ts';

/** Lines at the bottom of a terminal that are drawn over until they are final. */
export interface LiveLines {
  /** Shows what `draw` returns, at most every 80 ms. */
  update(draw: () => readonly string[]): void;
  /** Takes the lines away, for something else to be printed. */
  clear(): void;
}

const FRAME_MS = 80;

export async function createLiveLines(stream: OutputStream): Promise<LiveLines> {
  // Loaded on a terminal only: it takes longer than starting Node does.
  const { createLogUpdate } = await import('log-update');
  const log = createLogUpdate(stream);
  let timer: NodeJS.Timeout | undefined;
  let latest: (() => readonly string[]) | undefined;
  const draw = (): void => {
    timer = undefined;
    // A line that wraps would be counted as one and leave its rest on the screen, as would one above its upper end.
    const width = (stream.columns || 80) - 1;
    const height = (stream.rows || 24) - 1;
    if (latest !== undefined)
      log(
        latest()
          .slice(0, height)
          .map((line) => clip(line, width))
          .join('\n'),
      );
  };
  return {
    update(next) {
      latest = next;
      timer ??= setTimeout(draw, FRAME_MS);
    },
    clear() {
      clearTimeout(timer);
      timer = undefined;
      latest = undefined;
      log.clear();
      log.done();
    },
  };
}

/** A line cut to the columns it may have; what it holds has no escapes and no wide characters but in names. */
function clip(line: string, width: number): string {
  return line.length > width ? `${line.slice(0, Math.max(0, width - 1))}…` : line;
}
