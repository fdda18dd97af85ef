import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

const BLOCK = 512;

/**
 * Reads one file of a layer, which is plain or gzipped tar.
 *
 * @returns undefined when the layer has no such file
 */
export async function readFileOfLayer(layer: Readable, wanted: string): Promise<Buffer | undefined> {
  const source = await decompressed(layer);
  const reader = new BlockReader(source);
  try {
    for (let header = await reader.take(BLOCK); header !== undefined; header = await reader.take(BLOCK)) {
      const size = sizeOf(header);
      const padded = Math.ceil(size / BLOCK) * BLOCK;
      if (isFile(header) && nameOf(header) === wanted) return (await reader.take(padded))?.subarray(0, size);
      await reader.skip(padded);
    }
    return undefined;
  } finally {
    source.destroy();
    layer.destroy();
  }
}

async function decompressed(layer: Readable): Promise<Readable> {
  await new Promise<void>((resolve, reject) => {
    layer.once('readable', resolve);
    layer.once('error', reject);
  });
  const start: unknown = layer.read(2);
  if (!Buffer.isBuffer(start)) return layer;
  layer.unshift(start);
  if (start[0] !== 0x1f || start[1] !== 0x8b) return layer;
  const gunzip = createGunzip();
  layer.on('error', (error) => gunzip.destroy(error));
  return layer.pipe(gunzip);
}

const text = (block: Buffer, from: number, to: number) =>
  block
    .subarray(from, to)
    .toString('utf8')
    .replace(/\0[\s\S]*$/, '');

const isFile = (header: Buffer) => ['0', '\0', '7'].includes(String.fromCharCode(header[156] ?? 0));

function nameOf(header: Buffer): string {
  const prefix = text(header, 257, 262) === 'ustar' ? text(header, 345, 500) : '';
  const name = text(header, 0, 100);
  return (prefix === '' ? name : `${prefix}/${name}`).replace(/^(\.?\/)+/, '');
}

/** A number of a tar header: octal, or base 256 when the first bit is set. */
function sizeOf(header: Buffer): number {
  if (((header[124] ?? 0) & 0x80) !== 0) return Number(header.readBigUInt64BE(128));
  return Number.parseInt(text(header, 124, 136).trim() || '0', 8);
}

class BlockReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #left: Buffer = Buffer.alloc(0);

  constructor(source: Readable) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  async take(count: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    let missing = count;
    while (missing > 0) {
      if (this.#left.length === 0 && !(await this.#more())) return undefined;
      const part = this.#left.subarray(0, missing);
      this.#left = this.#left.subarray(part.length);
      missing -= part.length;
      parts.push(part);
    }
    return Buffer.concat(parts);
  }

  async skip(count: number): Promise<void> {
    let missing = count;
    while (missing > 0) {
      if (this.#left.length === 0 && !(await this.#more())) return;
      const skipped = Math.min(missing, this.#left.length);
      this.#left = this.#left.subarray(skipped);
      missing -= skipped;
    }
  }

  async #more(): Promise<boolean> {
    const { value, done } = await this.#chunks.next();
    if (done === true) return false;
    this.#left = value;
    return true;
  }
}
