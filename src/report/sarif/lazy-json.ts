import { toJson } from '../../lib/json.ts';

/** A JSON value with lists whose entries are created when they are written. */
export type Lazy = string | number | boolean | null | readonly Lazy[] | LazyEntries | LazyObject;

export type LazyObject = { readonly [key: string]: Lazy | undefined };

/** A list of many small entries, which contain no such lists. */
type LazyEntries = Generator<Lazy, void>;

/** The value as JSON text in pieces, with one entry of a lazy list at a time. It can be read once. */
export function* jsonPieces(value: Lazy): Generator<string> {
  if (typeof value !== 'object' || value === null) {
    yield toJson(value);
  } else if (isEntries(value)) {
    yield* joined('[', ']', value, (entry) => [toJson(entry)]);
  } else if (isArray(value)) {
    yield* joined('[', ']', value, jsonPieces);
  } else {
    const present = Object.entries(value).filter((entry): entry is [string, Lazy] => entry[1] !== undefined);
    yield* joined('{', '}', present, function* ([key, entry]) {
      yield `${toJson(key)}:`;
      yield* jsonPieces(entry);
    });
  }
}

/** The value with all entries of its lists, and without undefined properties. */
export function plain(value: Lazy): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isEntries(value) || isArray(value)) return Array.from(value, plain);
  const present = Object.entries(value).filter((entry): entry is [string, Lazy] => entry[1] !== undefined);
  return Object.fromEntries(present.map(([key, entry]) => [key, plain(entry)]));
}

function* joined<Entry>(
  open: string,
  close: string,
  entries: Iterable<Entry>,
  pieces: (entry: Entry) => Iterable<string>,
): Generator<string> {
  yield open;
  let first = true;
  for (const entry of entries) {
    yield first ? '\n' : ',\n';
    first = false;
    yield* pieces(entry);
  }
  yield close;
}

function isEntries(value: object): value is LazyEntries {
  return Symbol.iterator in value && !Array.isArray(value);
}

// Array.isArray would narrow to any[].
function isArray(value: object): value is readonly Lazy[] {
  return Array.isArray(value);
}
