import { stripVTControlCharacters } from 'node:util';
import type { TerminalSize } from '../model/instance.ts';
import type { OutputStream } from './output-stream.ts';
import { clipEnd, widthOf } from './width.ts';

/** Lines at the bottom of a terminal that are redrawn in place. */
export interface LiveLines {
  /** Draws the lines that `draw` returns for the space there is, at most every 80 ms. */
  update(draw: (space: TerminalSize) => readonly string[]): void;
  /** Prints something above the lines. */
  above(print: () => void): void;
  /** Removes the lines. */
  clear(): void;
}

const FRAME_MS = 80;

export async function createLiveLines(stream: OutputStream): Promise<LiveLines> {
  // Loaded only on a terminal: loading it takes longer than starting Node.
  const { createLogUpdate } = await import('log-update');
  const log = createLogUpdate(stream);
  let timer: NodeJS.Timeout | undefined;
  let latest: ((space: TerminalSize) => readonly string[]) | undefined;
  const draw = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (latest === undefined) return;
    // A line that wraps, or that has scrolled off the top, could not be redrawn and would stay on the screen.
    const space = { columns: (stream.columns || 80) - 1, rows: (stream.rows || 24) - 1 };
    const lines = latest(space).slice(0, space.rows);
    log(lines.map((line) => clip(line, space.columns)).join('\n'));
  };
  return {
    update(next) {
      latest = next;
      timer ??= setTimeout(draw, FRAME_MS);
    },
    above(print) {
      log.clear();
      print();
      draw();
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

/** Cuts a line to a width; a line that is cut loses its colors. */
function clip(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line);
  return widthOf(plain) > columns ? clipEnd(plain, columns) : line;
}
