/** Writes an argument vector as one line that a POSIX shell reads back as the same arguments. */
export function shellQuote(argv: readonly string[]): string {
  return argv.map(quote).join(' ');
}

function quote(word: string): string {
  if (/^[A-Za-z0-9_./:=@%+,-]+$/.test(word)) return word;
  // Control characters would act on the terminal that the line is printed to.
  if (/[\x00-\x1f\x7f]/.test(word)) return `$'${word.replace(/[\\'\x00-\x1f\x7f]/g, escapeAnsi)}'`;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function escapeAnsi(char: string): string {
  if (char === '\\' || char === "'") return `\\${char}`;
  if (char === '\n') return '\\n';
  return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
