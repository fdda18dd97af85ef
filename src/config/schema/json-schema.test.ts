import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { schemas, schemaText } from '../../../script/write-schemas.ts';
import { configJsonSchema } from './json-schema.ts';

it.each(schemas)('$file is what `npm run schema` writes', ({ file, schema }) => {
  expect(readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')).toBe(schemaText(schema()));
});

describe('the JSON Schema of config.yaml', () => {
  const schema = configJsonSchema() as Record<string, unknown>;
  const at = (...path: string[]) => path.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], schema);
  const deployment = ['additionalProperties', 'then', 'properties', 'deployment'];

  it('has a description for every key', () => {
    const missing: string[] = [];
    const visit = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return;
      const { properties, ...rest } = node as { properties?: Record<string, Record<string, unknown>> };
      for (const [key, property] of Object.entries(properties ?? {})) {
        if (
          path !== '.then' &&
          property.if === undefined &&
          property.description === undefined &&
          !path.includes('.if')
        )
          missing.push(`${path}.${key}`);
        visit(property, `${path}.${key}`);
      }
      for (const [key, value] of Object.entries(rest)) visit(value, `${path}.${key}`);
    };
    visit(schema, '');
    expect(missing.filter((path) => !path.endsWith('then.deployment'))).toEqual([]);
  });

  it('accepts the keys of other tools, and rejects misspelled keys of ObjDocker', () => {
    expect(at('additionalProperties')).toHaveProperty('if');
    expect(at(...deployment, 'additionalProperties')).toEqual({});
    for (const section of ['registry', 'image', 'compile', 'scan', 'k3s']) {
      expect(at(...deployment, 'properties', section, 'additionalProperties')).toBe(false);
    }
    expect(at('properties', 'docker', 'additionalProperties')).toBe(false);
  });

  it('accepts numbers, booleans and empty keys', () => {
    const types = (section: string, key: string) => at(...deployment, 'properties', section, 'properties', key, 'type');
    expect(types('registry', 'port')).toEqual(['integer', 'string', 'null']);
    expect(types('registry', 'auto_scan')).toEqual(['boolean', 'string', 'null']);
    expect(types('image', 'tag')).toEqual(['string', 'number', 'boolean', 'null']);
  });
});
