import { stripVTControlCharacters } from 'node:util';
import type { OutputStream } from '../cli/framework/output.ts';
import { clipEnd, widthOf } from './width.ts';

/** What a terminal has room for. */
export interface Room {
  readonly columns: number;
  readonly rows: number;
}

/** Lines at the bottom of a terminal that are drawn over until they are final. */
export interface LiveLines {
  /** Shows what `draw` returns, at most every 80 ms. */
  update(draw: (room: Room) => readonly string[]): void;
  /** Has something printed above the lines, which stay. */
  above(print: () => void): void;
  /** Takes the lines away, for something else to be printed. */
  clear(): void;
}

const FRAME_MS = 80;

export async function createLiveLines(stream: OutputStream): Promise<LiveLines> {
  // Loaded on a terminal only: it takes longer than starting Node does.
  const { createLogUpdate } = await import('log-update');
  const log = createLogUpdate(stream);
  let timer: NodeJS.Timeout | undefined;
  let latest: ((room: Room) => readonly string[]) | undefined;
  const draw = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (latest === undefined) return;
    // A line that wraps would be counted as one and leave its rest on the screen, as would one above its upper end.
    const room = { columns: (stream.columns || 80) - 1, rows: (stream.rows || 24) - 1 };
    const lines = latest(room).slice(0, room.rows);
    log(lines.map((line) => clip(line, room.columns)).join('\n'));
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

/** A line cut to the columns it may have; one that has to be cut loses its colours. */
function clip(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line);
  return widthOf(plain) > columns ? clipEnd(plain, columns) : line;
}
