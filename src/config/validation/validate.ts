import * as z from 'zod';
import { quote } from '../../lib/text/sanitize.ts';
import { didYouMean } from '../../lib/text/suggest.ts';
import { joinWords } from '../../lib/text/words.ts';
import type { ConfigProblem } from '../yaml/document.ts';
import type { Range } from '../yaml/excerpt.ts';
import type { YamlReader, YamlValue } from '../yaml/read-values.ts';
import type { KeyPath } from './issues.ts';

export interface ValidateOptions {
  readonly tree: YamlValue;
  /** The path of the tree in the file. */
  readonly path: KeyPath;
  readonly schema: z.ZodType;
  readonly reader: YamlReader;
  /** The severity of an unknown key. */
  readonly unknownKeys: (path: KeyPath) => 'error' | 'warning';
}

const NOUNS: Readonly<Record<string, string>> = {
  string: 'text',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
};

/** Checks a value against its schema. */
export function validate(options: ValidateOptions): readonly ConfigProblem[] {
  const result = options.schema.safeParse(options.tree);
  return result.success ? [] : result.error.issues.flatMap((issue) => problemsOf(issue, [], options));
}

type Issue = z.core.$ZodIssue;

function problemsOf(issue: Issue, prefix: KeyPath, options: ValidateOptions): readonly ConfigProblem[] {
  const local = [...prefix, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
  const path = [...options.path, ...local];
  const problem = (message: string, hint?: string): ConfigProblem => ({
    path,
    message,
    hint,
    masked: maskedIn(path, options),
  });
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, local, options));
    case 'invalid_key':
      return issue.issues.map((inner) => ({
        ...problem(inner.message, hintOf(inner)),
        range: options.reader.rangesOf(path)?.key,
      }));
    case 'invalid_union': {
      const deeper = issue.errors.find((branch) => branch.some((inner) => inner.path.length > 0));
      if (deeper !== undefined) return deeper.flatMap((inner) => problemsOf(inner, local, options));
      const expected = issue.errors.flat().flatMap((inner) => (inner.code === 'invalid_type' ? [inner.expected] : []));
      return [wrongType(expected, local, problem, options)];
    }
    case 'invalid_type':
      return [wrongType([issue.expected], local, problem, options)];
    default:
      if (issue.message !== MISSING) return [problem(issue.message, hintOf(issue))];
      return [problem(issue.message, descriptionOf(options.schema, local))];
  }
}

/** Masks an invalid user name, because it may be `user:password`. */
function maskedIn(path: KeyPath, { reader }: ValidateOptions): readonly Range[] {
  const mark = path.at(-1) === 'username' ? reader.rangesOf(path) : undefined;
  return mark === undefined ? [] : [mark.value];
}

/** The message for a required key that is absent or empty. */
const MISSING = 'is missing';

function wrongType(
  expected: readonly string[],
  local: KeyPath,
  problem: (message: string, hint?: string) => ConfigProblem,
  options: ValidateOptions,
): ConfigProblem {
  const found = valueAt(options.tree, local);
  const description = descriptionOf(options.schema, local);
  if (found === undefined) return problem(MISSING, description);
  const wanted = joinWords([...new Set(expected.map((type) => NOUNS[type] ?? type))], 'or');
  const actual = typeof found === 'string' ? 'text' : Array.isArray(found) ? 'a list' : 'a mapping';
  return problem(`must be ${wanted}, not ${actual}`, description);
}

function unknownKey(key: string, local: KeyPath, options: ValidateOptions): ConfigProblem {
  const path = [...options.path, ...local, key];
  const known = Object.keys(objectOf(schemaAt(options.schema, local))?.shape ?? {});
  const mark = options.reader.rangesOf(path);
  return {
    severity: options.unknownKeys(path),
    path,
    message: `unknown key ${quote(key)}${didYouMean(key, known)}`,
    hint: `The keys here are ${known.join(', ')}.`,
    range: mark?.key,
    // The key may be a misspelled name of a secret.
    masked: mark === undefined ? [] : [mark.value],
  };
}

function valueAt(tree: YamlValue, path: KeyPath): YamlValue | undefined {
  let node: YamlValue | undefined = tree;
  for (const step of path) {
    if (node === undefined || typeof node === 'string') return undefined;
    node = Array.isArray(node)
      ? node[Number(step)]
      : Object.hasOwn(node, step)
        ? (node as Record<string, YamlValue>)[step]
        : undefined;
  }
  return node;
}

/** Returns the description of a key, or of the nearest key above it that has one. */
function descriptionOf(schema: z.ZodType, path: KeyPath): string | undefined {
  for (let length = path.length; length > 0; length--) {
    const description = schemaAt(schema, path.slice(0, length))?.description;
    if (description !== undefined) return description;
  }
  return undefined;
}

function schemaAt(schema: z.core.$ZodType | undefined, path: KeyPath): z.ZodType | undefined {
  let node: z.core.$ZodType | undefined = schema;
  for (const step of path) {
    const inner = unwrap(node);
    if (inner instanceof z.ZodObject) node = (inner.shape as Record<string, z.ZodType>)[String(step)];
    else if (inner instanceof z.ZodRecord) node = inner.valueType;
    else if (inner instanceof z.ZodArray) node = inner.element;
    else node = undefined;
  }
  return node instanceof z.ZodType ? node : undefined;
}

function objectOf(schema: z.ZodType | undefined): z.ZodObject | undefined {
  const inner = unwrap(schema);
  return inner instanceof z.ZodObject ? inner : undefined;
}

function unwrap(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodOptional) return unwrap(schema.unwrap());
  if (schema instanceof z.ZodUnion) return unwrap(schema.options.find((option) => option instanceof z.ZodArray));
  return schema;
}

function hintOf(issue: Issue): string | undefined {
  const hint = issue.code === 'custom' ? issue.params?.hint : undefined;
  return typeof hint === 'string' ? hint : undefined;
}
