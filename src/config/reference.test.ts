import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configJsonSchema } from './schema/json-schema.ts';

describe('docs/config.md', () => {
  const text = readFileSync(new URL('../../docs/config.md', import.meta.url), 'utf8');

  it.each([...keysOf(configJsonSchema())])('describes %s', (key) => {
    expect(text).toMatch(new RegExp(`\`[^\`]*\\b${key}\\b[^\`]*\``));
  });
});

/** Every key that some `properties` of the schema names. */
function keysOf(schema: unknown): Set<string> {
  if (Array.isArray(schema)) return new Set(schema.flatMap((entry) => [...keysOf(entry)]));
  if (typeof schema !== 'object' || schema === null) return new Set();
  const own =
    'properties' in schema && typeof schema.properties === 'object' ? Object.keys(schema.properties ?? {}) : [];
  return new Set([...own, ...Object.values(schema).flatMap((value) => [...keysOf(value)])]);
}
