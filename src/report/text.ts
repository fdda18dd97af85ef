const NOT_PLAIN = /[^\t\n\x20-\x7e]/;
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
// What reorders, hides or breaks text without being seen: zero-width and bidirectional marks, line separators, tag characters.
const UNSEEN =
  /[\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** Text from a server with everything shown that would be obeyed or not be seen; lines and tabs stay. */
export function visible(text: string): string {
  // Nearly all text is plain, and there may be a hundred megabytes of it.
  if (!NOT_PLAIN.test(text)) return text;
  return text.replace(CONTROLS, show).replace(UNSEEN, show).replace(LONE_SURROGATE, '\ufffd');
}

/** Text for the inside of an element or of a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** The address when it is one that a reader may follow: http or https, and no credentials in it; else undefined. */
export function safeLink(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text)) return undefined;
  try {
    const url = new URL(text);
    return url.username === '' && url.password === '' ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/** `12,345` */
export function formatNumber(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 image`, `1,200 images`. */
export function count(value: number, singular: string, plural = `${singular}s`): string {
  return `${formatNumber(value)} ${value === 1 ? singular : plural}`;
}

/** A share in whole per cent that says neither 0 % of some nor 100 % of nearly all. */
export function percent(part: number, whole: number): string {
  if (part === 0 || whole === 0) return '0 %';
  if (part === whole) return '100 %';
  return `${Math.min(99, Math.max(1, Math.round((part / whole) * 100)))} %`;
}

/** `a`, `a and b`, `a, b and c`. */
export function list(parts: readonly string[]): string {
  return parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts[parts.length - 1]}`;
}

function show(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code === 0x1b) return '\\e';
  if (code === 0x0d) return '\\r';
  if (code > 0xffff) return `\\u{${code.toString(16)}}`;
  return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
