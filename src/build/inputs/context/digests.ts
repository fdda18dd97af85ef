import { createHash, hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { ObjDockerError } from '../../../errors.ts';
import { nativePath } from './names.ts';
import { type ContextNode, codeOf, isSame, MAX_READS, type NodeStat, statOf } from './node.ts';
import type { Slices } from './slices.ts';

const PIECE_BYTES = 1024 * 1024;

/**
 * The digest of a node without its name: type, permissions, and content, target or device number. BuildKit sends neither owner nor
 * what a pipe or socket holds, and a link has no permissions of its own. A pipe is a pipe in the image, a socket an empty file
 * (measured on Engine 26).
 *
 * @param content the digest of a file's content, or a link's target
 */
export function digestOf({ type, mode, rdev }: NodeStat, content: string, attributes: readonly string[]): string {
  const permissions = type === 'symlink' ? '' : mode.toString(8);
  const value = type === 'device' ? String(rdev) : content;
  return sha256([type, permissions, value, ...attributes]);
}

/** The digest of the context's own folder: BuildKit sends what is in it, and nothing of itself. */
export const ROOT_DIGEST = sha256(['directory']);

/** The digest of a hard link to a file that is taken, too: BuildKit makes it one in the image. */
export function hardLinkDigest(digest: string, path: string): string {
  return sha256(['hard link', digest, path]);
}

function sha256(parts: readonly string[]): string {
  return hash('sha256', nativePath(parts.map((part) => `${part}\0`).join('')));
}

/** Reads files into one buffer. */
export class ContentReader {
  readonly #buffer = Buffer.allocUnsafe(PIECE_BYTES);
  readonly #root: string;
  readonly #slices: Slices;

  constructor(root: string, slices: Slices) {
    this.#root = root;
    this.#slices = slices;
  }

  /**
   * The digest of a file's content; undefined when it cannot be read, or changes again and again: then the node has a problem. The
   * node's `stat` is afterwards that of the content.
   */
  async read(node: ContextNode): Promise<string | undefined> {
    for (let reads = 0; reads < MAX_READS; reads++) {
      if (this.#slices.isOver()) await this.#slices.next();
      const before = reads === 0 ? node.stat(this.#root) : node.look(this.#root);
      if (before.type !== 'file') break;
      try {
        const digest = await this.#readOnce(node, before);
        if (digest !== undefined) return digest;
      } catch (error) {
        if (error instanceof ObjDockerError) throw error;
        const code = codeOf(error);
        // Removed, or replaced by a link or a pipe: look again.
        if (['ENOENT', 'ELOOP', 'ENXIO'].includes(code)) continue;
        node.problem = `it cannot be read: ${code}`;
        return undefined;
      }
    }
    node.problem ??= 'it changed while it was read';
    return undefined;
  }

  async #readOnce(node: ContextNode, before: NodeStat): Promise<string | undefined> {
    // What is a file now may be a link or a pipe in a moment: follow none, wait for none.
    const file = openSync(node.at(this.#root), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      if (!isSame(before, statOf(fstatSync(file)))) return undefined;
      const digest = before.size < PIECE_BYTES ? this.#readSmall(file, before.size) : await this.#readLarge(file);
      return isSame(before, statOf(fstatSync(file))) ? digest : undefined;
    } finally {
      closeSync(file);
    }
  }

  #readSmall(file: number, size: number): string | undefined {
    let length = 0;
    while (length < size) {
      const bytes = readSync(file, this.#buffer, length, size - length, null);
      if (bytes === 0) return undefined;
      length += bytes;
    }
    return hash('sha256', this.#buffer.subarray(0, length));
  }

  async #readLarge(file: number): Promise<string> {
    const digest = createHash('sha256');
    for (;;) {
      const bytes = readSync(file, this.#buffer, 0, PIECE_BYTES, null);
      if (bytes === 0) return digest.digest('hex');
      digest.update(this.#buffer.subarray(0, bytes));
      if (this.#slices.isOver()) await this.#slices.next();
    }
  }
}
