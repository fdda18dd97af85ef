import type { Writable } from 'node:stream';
import type { createColors } from 'picocolors';

/** Functions that color a text, or leave it as it is where the stream takes no colors. */
export type Colors = ReturnType<typeof createColors>;

/** A stream that may be a terminal. */
export type OutputStream = Writable & {
  readonly isTTY?: boolean;
  /** 0 when the terminal does not know. */
  readonly columns?: number;
  readonly rows?: number;
};
