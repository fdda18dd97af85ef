/**
 * Paths as text. A file name is any bytes: a byte that is not UTF-8 becomes a lone surrogate (U+DC80 to U+DCFF), so that each name
 * has a text of its own, and the bytes can be had back.
 */

const LONE = /[\udc80-\udcff]/u;
const NOT_SHOWN = /[\udc80-\udcff\ufffd]/u;
const ALL_NOT_SHOWN = new RegExp(NOT_SHOWN, 'gu');
const REPLACEMENT = '\ufffd';

/** The text of a name, given what Node made of it; `bytes` is called when Node met a byte that is not UTF-8. */
export function nameOf(text: string, bytes: () => Buffer): string {
  return text.includes(REPLACEMENT) ? decode(bytes()) : text;
}

function decode(bytes: Buffer): string {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const size = [1, 2, 3, 4].find((length) => isCharacter(bytes.subarray(at, at + length), length));
    text +=
      size === undefined
        ? String.fromCharCode(0xdc00 + (bytes[at] ?? 0))
        : strict.decode(bytes.subarray(at, at + size));
    at += size ?? 1;
  }
  return text;

  function isCharacter(part: Buffer, length: number): boolean {
    if (part.length !== length) return false;
    try {
      return strict.decode(part) !== '';
    } catch {
      return false;
    }
  }
}

/** What Node's functions take: the text, or its bytes where those are not UTF-8. */
export function nativePath(text: string): string | Buffer {
  return LONE.test(text) ? bytesOf(text) : text;
}

function bytesOf(text: string): Buffer {
  return Buffer.concat(
    [...text].map((character) =>
      LONE.test(character) ? Buffer.from([character.charCodeAt(0) & 0xff]) : Buffer.from(character),
    ),
  );
}

/**
 * The text for people and for JSON: each byte that is not UTF-8 is shown as U+FFFD and two hexadecimal digits, as are the three
 * bytes of U+FFFD itself. No two names are shown alike.
 */
export function shown(text: string): string {
  return text.replace(ALL_NOT_SHOWN, (character) =>
    [...bytesOf(character)].map((byte) => `${REPLACEMENT}${byte.toString(16).padStart(2, '0')}`).join(''),
  );
}

/** Whether {@link shown} and {@link nativePath} leave the text as it is. */
export function isShownAsItIs(text: string): boolean {
  return !NOT_SHOWN.test(text);
}

/** The text as Go reads the bytes character by character: each byte that is not UTF-8 is U+FFFD. */
export function asGoReads(text: string): string {
  return LONE.test(text) ? text.replace(ALL_NOT_SHOWN, REPLACEMENT) : text;
}
