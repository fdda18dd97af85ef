import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/docker/connection/engine.ts';
import { findImageNames, tagImage, untagImage } from '../../src/docker/images.ts';
import { BOTH_ENGINES, type ConnectedEngine, connectFlavour } from '../harness/both-engines.ts';

const BASE = 'localhost/busybox:bookworm';

describe.each(BOTH_ENGINES)('image tags on $engine', ({ flavour }) => {
  let connected: ConnectedEngine;
  let engine: Engine;
  beforeAll(async () => {
    connected = await connectFlavour(flavour);
    engine = await connected.docker.connect();
  });
  afterAll(() => connected[Symbol.asyncDispose]());

  const newName = () => `localhost:5000/a/${randomBytes(6).toString('hex')}`;

  it('are added, found, moved and removed, while the image stays', async () => {
    const name = newName();
    const image = await engine.inspectImage(BASE);
    for (const tag of ['1.0', 'objdocker-1', 'objdocker-2']) {
      expect(await tagImage(engine, { reference: BASE, name: `${name}:${tag}` })).toBe(true);
    }
    expect((await engine.inspectImage(`${name}:1.0`))?.id).toBe(image?.id);
    const own = (names: readonly string[]) => names.filter((each) => each.startsWith(`${name}:objdocker-`)).toSorted();
    expect(own(await findImageNames(engine, [`${name}:objdocker-*`]))).toEqual([
      `${name}:objdocker-1`,
      `${name}:objdocker-2`,
    ]);
    // An existing tag is moved.
    expect(await tagImage(engine, { reference: `${name}:objdocker-1`, name: `${name}:1.0` })).toBe(true);
    expect(await untagImage(engine, `${name}:objdocker-1`)).toBe(true);
    expect(await untagImage(engine, `${name}:objdocker-1`)).toBe(false);
    expect(await untagImage(engine, `${name}:objdocker-2`)).toBe(true);
    expect(await findImageNames(engine, [`${name}:objdocker-*`])).toEqual([]);
    expect((await engine.inspectImage(`${name}:1.0`))?.id).toBe(image?.id);
    await untagImage(engine, `${name}:1.0`);
    expect((await engine.inspectImage(BASE))?.id).toBe(image?.id);
  });

  it('cannot be added to an unknown image', async () => {
    expect(await tagImage(engine, { reference: newName(), name: `${newName()}:1.0` })).toBe(false);
  });

  it('are not found when there are none', async () => {
    expect(await findImageNames(engine, [`${newName()}:objdocker-*`])).toEqual([]);
  });
});
