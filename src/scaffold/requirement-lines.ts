/** A line of a requirements file, by what it means for a build. At most one of the fields beside `text` is there. */
export interface RequirementLine {
  /** The line without its comment. */
  readonly text: string;
  /** Another requirements or constraints file, relative to this one. */
  readonly included?: string;
  readonly local?: LocalRequirement;
  /** The name of a requirement from an index, in lower case, with its extras. */
  readonly name?: string;
  /** An environment variable in it, which pip replaces. */
  readonly variable?: string;
}

/** A project, a wheel or a folder of wheels on this machine. */
export interface LocalRequirement {
  /** As pip finds it from the folder in which it runs; absolute when it is written so. */
  readonly path: string;
  readonly isEditable: boolean;
  /** The line that names it. */
  readonly text: string;
}

const OPTION = /^(-[A-Za-z]|--[a-z][a-z-]*)(?:\s*=\s*|\s+|(?=[^\s=-]))(.*)$/;
const INCLUDES = ['-r', '--requirement', '-c', '--constraint'];
const EDITABLE = ['-e', '--editable'];
const LINKS = ['-f', '--find-links'];
const URL = /^(?!file:)[a-z][a-z0-9+.-]*:/i;
const NAMED_URL = /^[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\])?\s*@\s*(\S+)/;
const ARCHIVE = /\.(whl|zip|tar\.gz|tgz|tar\.bz2)$/i;
const NAME = /^([A-Za-z0-9][\w.-]*)\s*(\[[^\]]*\])?\s*(?=$|[<>=!~;@(,\s])/;

/** Decodes a requirements file as pip does: by its byte order mark, else as UTF-8. PowerShell writes UTF-16. */
export function decodeRequirements(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder('utf-8').decode(bytes);
}

/**
 * Reads the lines of a requirements file. The rules are those of pip's own reader: a backslash continues a line, a comment begins
 * with `#` behind white space, options may be quoted, and `${NAME}` is an environment variable.
 *
 * @see https://pip.pypa.io/en/stable/reference/requirements-file-format/
 */
export function readRequirementLines(text: string): readonly RequirementLine[] {
  return text
    .replace(/\\\r?\n[ \t]*/g, ' ')
    .split(/\r?\n/)
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '')
    .map(readLine);
}

/** Returns the name of a requirement with its extras: `uvicorn[standard]` for `Uvicorn [standard] >= 0.30`. */
export function requirementName(text: string): string | undefined {
  const [, name, extras = ''] = NAME.exec(text.trim()) ?? [];
  return name === undefined ? undefined : `${name.toLowerCase()}${extras.replaceAll(' ', '').toLowerCase()}`;
}

function readLine(text: string): RequirementLine {
  const variable = /\$\{([A-Z0-9_]+)\}/.exec(text)?.[1];
  const [, option, value = ''] = OPTION.exec(text) ?? [];
  if (option === undefined) {
    const local = localPath(text);
    if (local !== undefined) return { text, local: { path: local, isEditable: false, text } };
    const name = requirementName(text);
    return name === undefined ? { text } : { text, name };
  }
  const written = unquote(value);
  const isPath = [...INCLUDES, ...EDITABLE, ...LINKS].includes(option);
  if (!isPath || URL.test(written)) return { text };
  if (variable !== undefined) return { text, variable };
  if (INCLUDES.includes(option)) return { text, included: written };
  const path = localPath(written) ?? written.replace(/\[[^\]]*\]$/, '');
  return { text, local: { path, isEditable: EDITABLE.includes(option), text } };
}

/** The path in a requirement: `./lib`, `libs/local[extra]`, `wheels/x.whl`, `name @ file:libs/other`. */
function localPath(text: string): string | undefined {
  const target = NAMED_URL.exec(text)?.[1] ?? text.split(/\s/, 1)[0] ?? '';
  const isFile = /^file:/i.test(target);
  if (!isFile && (URL.test(target) || NAMED_URL.test(text))) return undefined;
  const path = isFile ? filePath(target) : target.replace(/\[[^\]]*\]$/, '');
  const isLocal = isFile || /^\.{1,2}$/.test(path) || path.includes('/') || ARCHIVE.test(path);
  return isLocal && path !== '' ? path : undefined;
}

function filePath(url: string): string {
  const path = url.replace(/^file:(\/\/(localhost)?(?=\/))?/i, '').replace(/[#?].*$/, '');
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** pip splits options as a shell does. */
function unquote(value: string): string {
  const [, , quoted, plain = ''] = /^(['"])(.*?)\1|^(\S+)/.exec(value) ?? [];
  return quoted ?? plain;
}
