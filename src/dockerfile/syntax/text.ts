// BuildKit is written in Go, whose ideas of white space, letter case and invalid UTF-8 differ from JavaScript's.

const WIDE_SPACE = /[\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** Whether the character is white space by Unicode, as Go's `unicode.IsSpace` has it. */
export function isSpace(character: string): boolean {
  return character !== '' && isSpaceAt(character, 0);
}

/** As {@link isSpace} of the character at that place. */
export function isSpaceAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code > 0x20 && code < 0x80) return false;
  if (code <= 0x20) return code === 0x20 || (code >= 9 && code <= 13);
  return WIDE_SPACE.test(text.charAt(at));
}

/** The number of white space characters that a text begins with. */
export function leadingSpace(text: string): number {
  const first = text.charCodeAt(0);
  if (first > 0x20 && first < 0x80) return 0;
  let at = 0;
  while (at < text.length && isSpaceAt(text, at)) at++;
  return at;
}

export function trimSpaceStart(text: string): string {
  return text.slice(leadingSpace(text));
}

/** The length of a text without the white space characters at its end. */
export function lengthWithoutSpace(text: string): number {
  let end = text.length;
  while (end > 0 && isSpaceAt(text, end - 1)) end--;
  return end;
}

export function trimSpace(text: string): string {
  const end = lengthWithoutSpace(text);
  const start = leadingSpace(text);
  return start >= end ? '' : text.slice(start, end);
}

/** Lower case, character by character: `İ` stays one character. */
export function lowerCase(text: string): string {
  return isAscii(text) ? text.toLowerCase() : mapCharacters(text, (character) => character.toLowerCase());
}

/** Upper case, character by character: `ß` stays as it is. */
export function upperCase(text: string): string {
  if (isAscii(text)) return text.toUpperCase();
  return mapCharacters(text, (character) => {
    const upper = character.toUpperCase();
    return upper.length > character.length ? character : upper;
  });
}

function mapCharacters(text: string, map: (character: string) => string): string {
  return Array.from(text, (character) => String.fromCodePoint(map(character).codePointAt(0) ?? 0)).join('');
}

/** Whether two texts are equal but for letter case, the Kelvin sign and the long s included. */
export function equalFold(a: string, b: string): boolean {
  return lowerCase(upperCase(a)) === lowerCase(upperCase(b));
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

// A byte that is not UTF-8 is kept as a lone surrogate, so that it can be told from U+FFFD and written back.
const INVALID_BYTE = 0xdc00;
const STRAY = /[\udc80-\udcff]/;

/** Decodes UTF-8. Each byte that is not part of a valid character becomes one lone surrogate, U+DC80 to U+DCFF. */
export function decodeUtf8(bytes: Uint8Array): string {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  if (!text.includes('\ufffd')) return text;
  let decoded = '';
  let from = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = validLength(bytes, at);
    if (length > 0) at += length;
    else {
      decoded += asText(bytes, from, at) + String.fromCharCode(INVALID_BYTE + (bytes[at] ?? 0));
      from = ++at;
    }
  }
  return decoded + asText(bytes, from, bytes.length);
}

function asText(bytes: Uint8Array, from: number, to: number): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(from, to));
}

/** The number of bytes of the valid character at that place; 0 when there is none. */
function validLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : 4;
  if (first < 0xc2 || first > 0xf4) return 0;
  for (let index = 1; index < length; index++) if (((bytes[at + index] ?? 0) & 0xc0) !== 0x80) return 0;
  const second = bytes[at + 1] ?? 0;
  const overlong = (first === 0xe0 && second < 0xa0) || (first === 0xf0 && second < 0x90);
  const beyond = (first === 0xed && second > 0x9f) || (first === 0xf4 && second > 0x8f);
  return overlong || beyond ? 0 : length;
}

/** The bytes of a text in UTF-8, one character of the result for each. */
export function toBytes(text: string): string {
  if (isAscii(text)) return text;
  if (!STRAY.test(text)) return Buffer.from(text, 'utf8').toString('latin1');
  return Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const stray = code >= INVALID_BYTE + 0x80 && code <= INVALID_BYTE + 0xff;
    return stray ? String.fromCharCode(code - INVALID_BYTE) : Buffer.from(character, 'utf8').toString('latin1');
  }).join('');
}

/** The opposite of {@link toBytes}. */
export function fromBytes(bytes: string): string {
  return isAscii(bytes) ? bytes : decodeUtf8(Buffer.from(bytes, 'latin1'));
}

/** The length of a text in UTF-8. */
export function byteLength(text: string): number {
  return STRAY.test(text) ? toBytes(text).length : Buffer.byteLength(text, 'utf8');
}

/** A text for people: what is not UTF-8 is shown as U+FFFD. */
export function printable(text: string): string {
  return text.replace(/[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g, (found) =>
    found.length === 2 ? found : '\ufffd',
  );
}
