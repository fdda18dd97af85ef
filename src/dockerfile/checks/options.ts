import { ValueError } from '../problem.ts';
import { DirectiveReader } from '../syntax/directives.ts';
import { trimSpace } from '../syntax/text.ts';
import { readBooleanOrNothing } from '../values/go-values.ts';

/** Which checks BuildKit makes, and whether a violation is an error. */
export interface CheckOptions {
  readonly skip: ReadonlySet<string>;
  readonly skipAll: boolean;
  readonly experimental: ReadonlySet<string>;
  readonly experimentalAll: boolean;
  readonly error: boolean;
}

const DEFAULTS: CheckOptions = {
  skip: new Set(),
  skipAll: false,
  experimental: new Set(),
  experimentalAll: false,
  error: false,
};

/**
 * Reads the value of `# check=`, as in `skip=JSONArgsRecommended;error=true`.
 *
 * @throws {ValueError}
 */
export function readCheckOptions(value: string): CheckOptions {
  let options = DEFAULTS;
  if (trimSpace(value) === '') return options;
  const [first = '', second, ...rest] = value.split(';');
  // BuildKit splits at the first two semicolons only.
  const parts = [first, ...(second === undefined ? [] : [second]), ...(rest.length === 0 ? [] : [rest.join(';')])];
  for (const part of parts) {
    const equals = part.indexOf('=');
    const name = trimSpace(equals < 0 ? '' : part.slice(0, equals));
    options = { ...options, ...readOption(name, trimSpace(part.slice(equals + 1)), part) };
  }
  return options;
}

function readOption(name: string, value: string, part: string): Partial<CheckOptions> {
  const rules = new Set(value.split(',').map(trimSpace));
  const isAll = value === 'all';
  const error = readBooleanOrNothing(value);
  if (name === 'skip') return isAll ? { skipAll: true } : { skip: rules };
  if (name === 'experimental') return isAll ? { experimentalAll: true } : { experimental: rules };
  if (name === 'error' && error !== undefined) return { error };
  throw new ValueError(
    `"# check=" has the unknown option ${JSON.stringify(part)}`,
    'Use skip=RULE,…, experimental=RULE,… and error=true, with semicolons between them.',
  );
}

/** The options of an instruction, above which `# check=skip=RULE` may stand. */
export function withComments(options: CheckOptions, comments: readonly string[]): CheckOptions {
  for (const comment of comments) {
    const directive = readComment(comment);
    if (directive === undefined) continue;
    const own = readIfValid(directive.split(' ', 1)[0] ?? '');
    if (own === undefined) return options;
    return {
      ...options,
      skip: new Set([...options.skip, ...own.skip]),
      skipAll: options.skipAll || own.skipAll,
      experimental: new Set([...options.experimental, ...own.experimental]),
      experimentalAll: options.experimentalAll || own.experimentalAll,
    };
  }
  return options;
}

function readComment(comment: string): string | undefined {
  const directive = new DirectiveReader('').read(comment, 1);
  return directive?.name === 'check' ? directive.value : undefined;
}

function readIfValid(value: string): CheckOptions | undefined {
  try {
    return readCheckOptions(value);
  } catch (error) {
    if (error instanceof ValueError) return undefined;
    throw error;
  }
}
