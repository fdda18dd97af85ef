import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLiveLines } from '../../../src/terminal/live-lines.ts';
import { Screen } from '../../harness/terminal.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('live lines', () => {
  it('leave nothing on the screen, whichever lines come and go', async () => {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 40, rows: 20 });
    const live = await createLiveLines(stream);
    const screen = new Screen(40);
    const frames = [
      ['head', 'a', 'b', 'last'],
      ['head', 'last'],
      ['head', 'a', 'c', 'd', 'last'],
      ['other'],
      ['head', 'last', 'tail'],
    ];
    for (const frame of frames) {
      live.update(() => frame);
      vi.advanceTimersByTime(200);
      screen.write(asTerminal(stream.read()));
      expect(screen.lines).toEqual(frame);
    }
    live.clear();
    stream.write('after');
    screen.write(asTerminal(stream.read()));
    expect(screen.lines).toEqual(['after']);
  });
});

/** Translates line feeds as the terminal's driver does. */
function asTerminal(written: unknown): string {
  return String(written ?? '').replaceAll('\n', '\r\n');
}
