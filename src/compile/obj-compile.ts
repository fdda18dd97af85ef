import type { CompileConfig } from '../config/package.ts';
import { ObjDockerError } from '../errors.ts';

const DIRECTIVE_NAME = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/;
const MAX_JOBS = 1024;

/**
 * Decides what Cython compiles inside the image build, from `deployment.compile` of the config.
 *
 * It passes the settings as build arguments to the compiler stage of the Dockerfile, which knows the sources, the interpreter and
 * the architecture. Empty settings are not passed, so that adding an empty list to the config does not change the cache key.
 *
 * - `COMPILE_INCLUDE`, `COMPILE_EXCLUDE`: JSON arrays of globs relative to the source root
 * - `COMPILE_JOBS`: how many compilers run at once
 * - `COMPILE_DIRECTIVES`: a JSON object of Cython's compiler directives
 */
export class ObjCompile {
  readonly #config: CompileConfig;

  /** @throws {ObjDockerError} CONFIG_INVALID, with all problems of the section. */
  constructor(config: CompileConfig) {
    const problems = problemsOf(config);
    if (problems.length > 0)
      throw new ObjDockerError('CONFIG_INVALID', `deployment.compile is invalid: ${problems.join('; ')}`, {
        hint: 'Write globs relative to the source root, such as "app/**/*.py", and directives of Cython, such as boundscheck: false.',
        details: { problems },
      });
    this.#config = config;
  }

  /** Returns the build arguments. */
  buildArgs(): Readonly<Record<string, string>> {
    const { include, exclude, jobs, directives } = this.#config;
    return {
      ...(include.length === 0 ? {} : { COMPILE_INCLUDE: JSON.stringify(include) }),
      ...(exclude.length === 0 ? {} : { COMPILE_EXCLUDE: JSON.stringify(exclude) }),
      ...(jobs === undefined ? {} : { COMPILE_JOBS: String(jobs) }),
      ...(Object.keys(directives).length === 0 ? {} : { COMPILE_DIRECTIVES: JSON.stringify(sorted(directives)) }),
    };
  }
}

function problemsOf({ include, exclude, jobs, directives }: CompileConfig): string[] {
  return [
    ...include.flatMap((glob) => problemOfGlob(glob).map((problem) => `include ${JSON.stringify(glob)} ${problem}`)),
    ...exclude.flatMap((glob) => problemOfGlob(glob).map((problem) => `exclude ${JSON.stringify(glob)} ${problem}`)),
    ...(jobs !== undefined && !(Number.isInteger(jobs) && jobs >= 1 && jobs <= MAX_JOBS)
      ? [`jobs must be a whole number from 1 to ${MAX_JOBS}, not ${jobs}`]
      : []),
    ...Object.keys(directives)
      .filter((name) => !DIRECTIVE_NAME.test(name))
      .map((name) => `${JSON.stringify(name)} is not a valid name of a directive`),
    ...Object.entries(directives)
      .filter(([, value]) => typeof value === 'number' && !Number.isFinite(value))
      .map(([name]) => `the value of ${name} must be a finite number`),
  ];
}

function problemOfGlob(glob: string): string[] {
  if (glob.trim() === '') return ['is empty'];
  if (/[\x00-\x1f\x7f]/.test(glob)) return ['contains a control character'];
  if (glob.startsWith('/') || glob.startsWith('\\')) return ['is absolute'];
  return glob.split('/').includes('..') ? ['leaves the source root'] : [];
}

// The order of the directives in the config must not change the cache key.
function sorted(directives: CompileConfig['directives']): CompileConfig['directives'] {
  return Object.fromEntries(Object.entries(directives).sort(([a], [b]) => (a < b ? -1 : 1)));
}
