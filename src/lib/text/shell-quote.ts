/** Formats arguments as one line that a POSIX shell reads as the same arguments. */
export function shellQuote(argv: readonly string[]): string {
  return argv.map(quote).join(' ');
}

function quote(word: string): string {
  if (/^[A-Za-z0-9_./:=@%+,-]+$/.test(word)) return word;
  // The line is printed: control characters would change the terminal.
  if (/[\x00-\x1f\x7f]/.test(word)) return `$'${word.replace(/[\\'\x00-\x1f\x7f]/g, escapeAnsi)}'`;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function escapeAnsi(char: string): string {
  if (char === '\\' || char === "'") return `\\${char}`;
  if (char === '\n') return '\\n';
  return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
