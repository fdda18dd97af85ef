/** Reads JSON that arrives in chunks and has an array that is too long to keep in memory. */
export interface JsonItemReader {
  write(chunk: Uint8Array): void;
  /**
   * Call it after the last chunk.
   *
   * @returns the value without the items of such arrays; undefined for invalid or incomplete JSON.
   */
  end(): unknown;
}

export interface JsonItemOptions {
  /** The key of the arrays, two levels down: `{"…": {"<key>": [ … ]}}`. */
  readonly key: string;
  /** Called with each item of such an array; the first array of the text is number 0. */
  readonly onItem: (item: unknown, array: number) => void;
}

// The most text outside of such arrays. It is kept in memory.
const MOST_KEPT = 4 * 1024 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

// stream-json was considered: it makes an object per token, and a report has millions of them.
/** Makes a {@link JsonItemReader}. It finds brackets and quotes only; JSON.parse reads each item. */
export function createJsonItemReader({ key, onItem }: JsonItemOptions): JsonItemReader {
  const arrayBegins = new RegExp(`${JSON.stringify(key)}\\s*:\\s*$`);
  /** The text outside of the arrays, one character per byte. */
  let kept = '';
  /** The chunks of an item that is not complete yet. */
  let begun: Buffer[] = [];
  let depth = 0;
  let inString = false;
  let escaped = false;
  let inItems = false;
  let arrays = 0;
  let broken = false;

  const keep = (part: Buffer): void => {
    kept += part.toString('latin1');
    if (kept.length > MOST_KEPT) broken = true;
  };
  const finishItem = (last: Buffer): void => {
    const text = (begun.length === 0 ? last : Buffer.concat([...begun, last])).toString('utf8');
    begun = [];
    if (text.trim() === '') return;
    try {
      onItem(JSON.parse(text), arrays - 1);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      broken = true;
    }
  };

  /** @returns the start of the next part */
  const bracket = (chunk: Buffer, from: number, at: number, byte: number): number => {
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth++;
      if (byte !== OPEN_ARRAY || depth !== 3 || inItems) return from;
      keep(chunk.subarray(from, at));
      inItems = arrayBegins.test(kept.slice(-200));
      if (!inItems) return at;
      arrays++;
      kept += '[';
      return at + 1;
    }
    const ends = byte !== COMMA;
    if (inItems && depth === 3) {
      finishItem(chunk.subarray(from, at));
      from = at + 1;
      if (ends) {
        inItems = false;
        kept += ']';
      }
    }
    if (ends) depth--;
    return from;
  };

  return {
    write(bytes) {
      const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      let from = 0;
      for (let at = 0; at < chunk.length && !broken; at++) {
        const byte = chunk[at] ?? 0;
        if (inString) {
          if (escaped) escaped = false;
          else if (byte === BACKSLASH) escaped = true;
          else if (byte === QUOTE) inString = false;
        } else if (byte === QUOTE) inString = true;
        else if (
          byte === OPEN_OBJECT ||
          byte === CLOSE_OBJECT ||
          byte === OPEN_ARRAY ||
          byte === CLOSE_ARRAY ||
          byte === COMMA
        ) {
          from = bracket(chunk, from, at, byte);
        }
      }
      const rest = chunk.subarray(from);
      if (broken || rest.length === 0) return;
      // A copy: the chunk may be reused, or be much longer than its rest.
      if (inItems) begun.push(Buffer.from(rest));
      else keep(rest);
    },
    end() {
      if (broken || inItems || depth !== 0) return undefined;
      try {
        return JSON.parse(Buffer.from(kept, 'latin1').toString('utf8'));
      } catch {
        return undefined;
      }
    },
  };
}
