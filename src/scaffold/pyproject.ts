import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, type TomlTable } from 'smol-toml';

/** What `init` reads from pyproject.toml. */
export interface Pyproject {
  /** `[project.scripts]`: the name of each and what it calls, as in `shop.cli:main`. */
  readonly scripts: readonly { readonly name: string; readonly target: string }[];
  /** `project.dependencies` */
  readonly dependencies: readonly string[];
  /** `project.requires-python` */
  readonly requiresPython: string | undefined;
  /** Messages about what cannot be read. */
  readonly problems: readonly string[];
}

const NOTHING: Pyproject = { scripts: [], dependencies: [], requiresPython: undefined, problems: [] };
/** An entry point of the packaging specification, without extras. */
const TARGET = /^\s*([A-Za-z_][\w.]*)\s*:\s*([A-Za-z_][\w.]*)\s*$/;

/** Reads pyproject.toml. Returns undefined when there is none. */
export async function readPyproject(folder: string): Promise<Pyproject | undefined> {
  const text = await readFile(join(folder, 'pyproject.toml'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  let file: TomlTable;
  try {
    file = parse(text);
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    return { ...NOTHING, problems: [`pyproject.toml cannot be read: ${reason}`] };
  }
  const project = table(file.project);
  const dependencies = Array.isArray(project.dependencies) ? project.dependencies : [];
  const scripts = Object.entries(table(project.scripts)).flatMap(([name, value]) => {
    const [, module, attribute] = TARGET.exec(String(value)) ?? [];
    return module === undefined ? [] : [{ name, target: `${module}:${attribute}` }];
  });
  const poetry = table(table(table(file.tool).poetry).dependencies);
  return {
    scripts,
    dependencies: dependencies.filter((one) => typeof one === 'string'),
    requiresPython: typeof project['requires-python'] === 'string' ? project['requires-python'] : undefined,
    problems:
      Object.keys(poetry).some((name) => name !== 'python') && dependencies.length === 0
        ? [
            'the dependencies of Poetry in pyproject.toml are not read: write them to requirements.txt ("poetry export"), or under [project]',
          ]
        : [],
  };
}

function table(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
