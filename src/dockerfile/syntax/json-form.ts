import { ValueError } from '../problem.ts';
import { leadingSpace, printable } from './text.ts';

const BRACKET = 0x5b;

/**
 * The strings of the JSON form (`["a", "b"]`); undefined for anything that is no JSON array, which is then read as text.
 *
 * @throws {ValueError} for an array that holds something else than strings.
 */
export function readJsonForm(text: string): string[] | undefined {
  const start = leadingSpace(text);
  if (text.charCodeAt(start) !== BRACKET) return undefined;
  const value = parseJson(text.slice(start));
  if (!Array.isArray(value)) return undefined;
  return value.map((item: unknown) => {
    if (typeof item === 'string') return printable(item);
    throw new ValueError(
      'the JSON form contains something that is not a string',
      'Put every item in double quotes: ["echo", "1"].',
    );
  });
}

function parseJson(text: string): unknown {
  try {
    // Go refuses a number that is too large for a float; here it would be Infinity.
    return JSON.parse(text, (_key, value: unknown) => {
      if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) throw new SyntaxError('too large');
      return value;
    });
  } catch {
    return undefined;
  }
}
