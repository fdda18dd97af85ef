/** A Python module's file below the source folder, and its text. */
export interface PythonFile {
  /** Relative to the source folder, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

const STATEMENT = /^[ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+(.*)|import[ \t]+(.*))$/gm;

/**
 * The modules that a file may import, by their full names. Too many rather than too few: of `from a import b` it is not known
 * whether `b` is a module of `a`.
 */
export function importedModules({ path, text }: PythonFile): ReadonlySet<string> {
  const folder = path.split('/').slice(0, -1);
  const modules = new Set<string>();
  for (const [, dots = '', from = '', imported, plain] of text.matchAll(STATEMENT)) {
    for (const name of namesOf(plain)) modules.add(name);
    if (imported === undefined) continue;
    // One dot is the package that the file is in, each further one the package around it.
    const parent = dots === '' ? [] : folder.slice(0, folder.length - dots.length + 1);
    const base = [...parent, ...from.split('.')].filter((part) => part !== '').join('.');
    if (base !== '') modules.add(base);
    for (const name of namesOf(imported)) modules.add(base === '' ? name : `${base}.${name}`);
  }
  return modules;
}

/** `a.b as c, d` is `a.b` and `d`. */
function namesOf(list: string | undefined): string[] {
  return (list ?? '')
    .replace(/#.*$/, '')
    .replace(/[()\\]/g, ' ')
    .split(',')
    .map((item) => item.trim().split(/\s/, 1)[0] ?? '')
    .filter((name) => /^[\w.]+$/.test(name));
}
