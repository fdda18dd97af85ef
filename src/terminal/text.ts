/**
 * Makes text that came from a server, an image or a build safe to print: control characters are shown instead of
 * obeyed, and what a CI system would take for a workflow command (`::set-output`, `##[error]`, `##vso[`) is broken up.
 */
export function visible(text: string): string {
  return showControls(text)
    .replace(/^(\s*):(?=:)/gm, '$1: ')
    .replace(/##(?=\[|vso\[)/gi, '# #');
}

/** {@link visible} for text that has to stay on its line. */
export function visibleLine(text: string): string {
  return visible(text).replace(/\n/g, '\\n');
}

/** Shows what a terminal would obey, and nothing else; tabs and newlines stay. */
export function showControls(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, showControl)
    .replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, showControl);
}

function showControl(character: string): string {
  if (character === '\r') return '\\r';
  if (character === '\u001b') return '\\e';
  const code = character.charCodeAt(0);
  return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** `12.3 MB`, decimal units as Docker prints them. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `0.4s`, `12.3s`, `2m05s`. */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, '0')}s`;
}

/** How long something takes or is ago, in the one unit that says it: `5 minutes`, or short `5m`. */
export function formatAge(milliseconds: number, { short = false } = {}): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const { count, name } = UNITS.map(({ length, name, from }) => ({
    count: Math.floor(seconds / length),
    name,
    from,
  })).find(({ count, from }) => count >= from) ?? { count: seconds, name: 'second' };
  if (short) return `${count}${name === 'month' ? 'mo' : name.charAt(0)}`;
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

const UNITS = [
  { name: 'year', length: 31_536_000, from: 1 },
  { name: 'month', length: 2_628_000, from: 2 },
  { name: 'week', length: 604_800, from: 2 },
  { name: 'day', length: 86_400, from: 1 },
  { name: 'hour', length: 3_600, from: 1 },
  { name: 'minute', length: 60, from: 1 },
];

/** `sha256:0123456789ab`: enough of a digest to tell two apart. */
export function shortDigest(digest: string): string {
  const [algorithm, hex] = digest.split(':');
  return hex === undefined ? digest : `${algorithm}:${hex.slice(0, 12)}`;
}
