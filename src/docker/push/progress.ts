import type { PushLine } from './stream.ts';

/** How far a push is. Bytes are as the engine counts them: compressed or not, by its image store. */
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

/** Counts layers by their id: one that several images share is counted once. */
export class LayerCounter {
  readonly #layers = new Map<string, LayerProgress>();

  add(line: Extract<PushLine, { kind: 'layer' }>): void {
    const layer = this.#layers.get(line.layer) ?? { bytes: 0, totalBytes: 0, done: false };
    this.#layers.set(line.layer, layer);
    layer.totalBytes = Math.max(layer.totalBytes, line.total ?? 0);
    // The engine's last count can pass the total by a tar's padding, and starts again when it retries.
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
