import { replaceUnprintable } from './text/sanitize.ts';

/** Returns the value when it is an object with string keys, else undefined. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

/** Returns the value when it is a string that is not empty, else undefined. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * The JSON text of a value, with every character escaped that a terminal acts on or does not show. `JSON.parse` reads the same
 * value from it.
 */
export function toJson(value: unknown, indent?: number): string {
  return replaceUnprintable(JSON.stringify(value, null, indent), (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** Parses JSON. Undefined for invalid JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Parses a JSON object. Undefined for invalid JSON and for another value. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  return asRecord(parseJson(text));
}
