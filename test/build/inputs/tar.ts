const BLOCK = 512;

export interface TarEntry {
  readonly name: string;
  /** One character: 0 for a file, 2 for a symlink, 5 for a folder. */
  readonly type: string;
  readonly mode: string;
  /** uid:gid */
  readonly owner: string;
  readonly link: string;
  readonly content: Buffer;
  /** Other records of a PAX header, such as extended attributes; without times. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Reads a tar archive. */
export function readTar(bytes: Buffer): TarEntry[] {
  const entries: TarEntry[] = [];
  let extended: Record<string, string> = {};
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const header = bytes.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) break;
    const size = octal(header, 124, 12);
    const content = bytes.subarray(at + BLOCK, at + BLOCK + size);
    const type = String.fromCharCode(header[156] ?? 0);
    at += BLOCK * (1 + Math.ceil(size / BLOCK));
    if (type === 'x') {
      extended = readExtended(content);
      continue;
    }
    const { path, linkpath, mtime: _mtime, atime: _atime, ctime: _ctime, ...attributes } = extended;
    entries.push({
      name: path ?? [text(header, 345, 155), text(header, 0, 100)].filter((part) => part !== '').join('/'),
      type,
      mode: octal(header, 100, 8).toString(8),
      owner: `${octal(header, 108, 8)}:${octal(header, 116, 8)}`,
      link: linkpath ?? text(header, 157, 100),
      content,
      attributes,
    });
    extended = {};
  }
  return entries;
}

function text(header: Buffer, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.subarray(0, end === -1 ? length : end).toString('utf8');
}

function octal(header: Buffer, start: number, length: number): number {
  return Number.parseInt(text(header, start, length).trim() || '0', 8);
}

/** Records of a PAX header: `LENGTH KEY=VALUE\n`. */
function readExtended(content: Buffer): Record<string, string> {
  const found: Record<string, string> = {};
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const length = Number(content.subarray(at, space).toString());
    const record = content.subarray(space + 1, at + length - 1).toString('utf8');
    found[record.slice(0, record.indexOf('='))] = record.slice(record.indexOf('=') + 1);
    at += length;
  }
  return found;
}
