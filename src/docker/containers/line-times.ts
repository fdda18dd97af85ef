import type { OutputChunk } from '../../model/instance.ts';
import type { FramePiece } from '../exec/frames.ts';

/** A longer line is kept in pieces of this size (moby, `daemon/logger/copier.go`), and every piece has a time of its own. */
const PIECE_BYTES = 16 * 1024;
const NEWLINE = 0x0a;
const SPACE = 0x20;

interface StreamState {
  /** What comes next begins a frame. */
  isStart: boolean;
  /** The frame's time has not been left behind yet; `drop` says whether it is to be taken out. */
  inTime: boolean;
  drop: boolean;
  bodyBytes: number;
  lastByte: number;
}

/** Takes the times out of logs that the engine puts into the middle of long lines: only a line's beginning keeps its own. */
export function createLineTimes(): (piece: FramePiece) => OutputChunk {
  const start = (): StreamState => ({ isStart: true, inTime: true, drop: false, bodyBytes: 0, lastByte: NEWLINE });
  const states = { stdout: start(), stderr: start() };
  return ({ stream, data, last }) => {
    const state = states[stream];
    if (state.isStart) {
      // A shorter frame without a line break is the end of what a run of the container wrote.
      state.drop = state.bodyBytes >= PIECE_BYTES && state.lastByte !== NEWLINE;
      state.inTime = true;
      state.bodyBytes = 0;
    }
    state.isStart = last;
    const space = state.inTime ? data.indexOf(SPACE) : -1;
    const timeBytes = !state.inTime ? 0 : space === -1 ? data.length : space + 1;
    if (space !== -1) state.inTime = false;
    state.bodyBytes += data.length - timeBytes;
    state.lastByte = data.at(-1) ?? state.lastByte;
    return { stream, data: state.drop ? data.subarray(timeBytes) : data };
  };
}
