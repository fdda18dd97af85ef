import type { ImageVerdict, Verdict } from '../../verdict.ts';
import type { Colors } from '../output.ts';

export interface RenderVerdictOptions {
  /** The terminal's width; undefined for what is no terminal. */
  readonly columns: number | undefined;
  readonly colors: Colors;
  /** How many findings of an image are listed at most. @default 15 */
  readonly most?: number | undefined;
  /** What an image is called. @default its repository */
  readonly nameOf?: ((image: ImageVerdict) => string) | undefined;
}

/** A verdict for people: what was decided, then image by image why. */
export function* renderVerdict(verdict: Verdict, _options: RenderVerdictOptions): Generator<string> {
  yield verdict.outcome;
}
