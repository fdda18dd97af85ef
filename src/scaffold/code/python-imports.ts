/** The file of a Python module. */
export interface PythonFile {
  /** Relative to the source folder, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

const STATEMENT = /^[ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+(.*)|import[ \t]+(.*))$/gm;

/**
 * Returns the full names of all modules that a file may import. `from a import b` counts as an import of `a` and of `a.b`, because
 * `b` may be a module.
 */
export function importedModules({ path, text }: PythonFile): ReadonlySet<string> {
  const folder = path.split('/').slice(0, -1);
  const modules = new Set<string>();
  for (const [, dots = '', from = '', imported, plain] of text.matchAll(STATEMENT)) {
    for (const name of namesOf(plain)) modules.add(name);
    if (imported === undefined) continue;
    // One dot means the package of the file, and each further dot the package above.
    const parent = dots === '' ? [] : folder.slice(0, folder.length - dots.length + 1);
    const base = [...parent, ...from.split('.')].filter((part) => part !== '').join('.');
    if (base !== '') modules.add(base);
    for (const name of namesOf(imported)) modules.add(base === '' ? name : `${base}.${name}`);
  }
  return modules;
}

/** Returns the modules in an import list: `a.b` and `d` for `a.b as c, d`. */
function namesOf(list: string | undefined): string[] {
  return (list ?? '')
    .replace(/#.*$/, '')
    .replace(/[()\\]/g, ' ')
    .split(',')
    .map((item) => item.trim().split(/\s/, 1)[0] ?? '')
    .filter((name) => /^[\w.]+$/.test(name));
}
