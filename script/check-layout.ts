import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A folder with more files than this hides a subject that wants a folder of its own. */
const MAX_FILES = 20;

const CHECKED = ['src', 'sandbox', 'test', 'bench', 'script'];
const NOT_CHECKED = /(^|\/)(fixtures|generated)(\/|$)/;

/** Folders with too many files, and modules that docs/architecture.md or the import rules leave out. */
export function layoutProblems(): readonly string[] {
  const modules = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  return [
    ...CHECKED.flatMap((folder) => crowded(join(ROOT, folder))),
    ...differences('docs/architecture.md', documentedModules(), modules),
    ...differences('.dependency-cruiser.cjs', ruledModules(), modules),
  ];
}

function crowded(folder: string): readonly string[] {
  if (NOT_CHECKED.test(relative(ROOT, folder))) return [];
  const paths = readdirSync(folder).map((name) => join(folder, name));
  const folders = paths.filter((path) => statSync(path).isDirectory());
  const files = paths.length - folders.length;
  const problem = `${relative(ROOT, folder)}/ has ${files} files, and a folder has at most ${MAX_FILES}: split it by subject`;
  return [...(files > MAX_FILES ? [problem] : []), ...folders.flatMap(crowded)];
}

/** The first column of the architecture page's table of modules: `| src/lib/ |`. */
function documentedModules(): readonly string[] {
  const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
  return [...page.matchAll(/^\| `src\/([\w-]+)\/`/gm)].map(([, name = '']) => name);
}

/** The modules in the table of what may import what; `cli` may import everything and has no row. */
function ruledModules(): readonly string[] {
  const { forbidden } = createRequire(import.meta.url)('../.dependency-cruiser.cjs') as {
    forbidden: { name: string }[];
  };
  const modules = forbidden.flatMap(({ name }) => /^(.*)-imports-only-what-it-may$/.exec(name)?.[1] ?? []);
  return [...modules.filter((name) => name !== 'errors' && name !== 'image-ref'), 'cli'];
}

function differences(file: string, listed: readonly string[], modules: readonly string[]): readonly string[] {
  return [
    ...modules.filter((name) => !listed.includes(name)).map((name) => `${file} does not list src/${name}/`),
    ...listed
      .filter((name) => !modules.includes(name))
      .map((name) => `${file} lists src/${name}/, which does not exist`),
  ];
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const problems = layoutProblems();
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}
