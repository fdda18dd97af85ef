import type { PushLine } from './push-line.ts';

/** The progress of a push. Bytes are compressed or not, depending on the engine's image store. */
export interface PushProgress {
  readonly layers: number;
  readonly layersDone: number;
  readonly bytes: number;
  readonly totalBytes: number;
}

interface LayerProgress {
  bytes: number;
  totalBytes: number;
  done: boolean;
}

/** Counts layers by their id, so a layer that several images share counts once. */
export class LayerCounter {
  readonly #layers = new Map<string, LayerProgress>();

  add(line: Extract<PushLine, { kind: 'layer' }>): void {
    const layer = this.#layers.get(line.layer) ?? { bytes: 0, totalBytes: 0, done: false };
    this.#layers.set(line.layer, layer);
    layer.totalBytes = Math.max(layer.totalBytes, line.total ?? 0);
    // The engine's count can exceed the total by the padding of a tar, and starts again at a retry.
    layer.bytes = Math.min(Math.max(layer.bytes, line.current ?? 0), layer.totalBytes);
    if (line.status === 'pushed' || line.status === 'exists' || line.status === 'mounted') {
      layer.done = true;
      layer.bytes = layer.totalBytes;
    }
  }

  get progress(): PushProgress {
    const layers = [...this.#layers.values()];
    return {
      layers: layers.length,
      layersDone: layers.filter(({ done }) => done).length,
      bytes: sum(layers.map(({ bytes }) => bytes)),
      totalBytes: sum(layers.map(({ totalBytes }) => totalBytes)),
    };
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
