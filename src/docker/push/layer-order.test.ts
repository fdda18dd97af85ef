import { describe, expect, it } from 'vitest';
import { pushInLayerOrder } from './layer-order.ts';

const image = (name: string, ...layers: string[]) => ({ name, layers });

/** Runs it with short pushes, and records order, parallelism and uploads. */
async function record(images: ReturnType<typeof image>[], concurrency = 4, failing: string[] = []) {
  const running = new Set<string>();
  const finished: string[] = [];
  const sent = new Map<string, number>();
  const uploaded = new Set<string>();
  let most = 0;
  await pushInLayerOrder(images, concurrency, async ({ name, layers }) => {
    running.add(name);
    most = Math.max(most, running.size);
    const mine = layers.filter((layer) => !uploaded.has(layer));
    for (const layer of mine) sent.set(layer, (sent.get(layer) ?? 0) + 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running.delete(name);
    finished.push(name);
    if (failing.includes(name)) return false;
    for (const layer of mine) uploaded.add(layer);
    return true;
  });
  return { finished, most, sent };
}

describe('pushInLayerOrder', () => {
  it('uploads every layer once, the shared ones first, the rest in parallel', async () => {
    const { finished, most, sent } = await record([
      image('a', 'base', 'tier0', 'a'),
      image('b', 'base', 'tier0', 'b'),
      image('c', 'base', 'tier1', 'c'),
      image('d', 'base', 'tier1', 'd'),
    ]);
    expect([...sent.values()].every((times) => times === 1)).toBe(true);
    expect(finished).toHaveLength(4);
    expect(finished[0]).toBe('a');
    expect(most).toBe(2);
  });

  it('pushes images without common layers in parallel, up to the limit', async () => {
    const images = Array.from({ length: 9 }, (_, i) => image(`i${i}`, `layer${i}`));
    expect((await record(images, 3)).most).toBe(3);
  });

  it('pushes two identical images', async () => {
    const { finished } = await record([image('a', 'x', 'y'), image('b', 'x', 'y'), image('c')]);
    expect(finished.sort()).toEqual(['a', 'b', 'c']);
  });

  it('starts no push after a failure', async () => {
    const { finished } = await record([image('a', 'x'), image('b', 'x'), image('c', 'x')], 4, ['a']);
    expect(finished).toEqual(['a']);
  });
});
