import * as z from 'zod';
import { activeSchema, deploymentSchema, dockerSchema } from './config-schema.ts';

const OPTIONS = { io: 'input', override: allowEmptyKeys } as const;

/**
 * Returns the JSON Schema of config.yaml, for editors. A top-level key with `deployment.image` is a package. Other top-level keys
 * may have any value.
 */
export function configJsonSchema(): object {
  const schema = z
    .object({ active: activeSchema.optional(), docker: dockerSchema.optional() })
    .catchall(z.unknown())
    .meta({ title: 'config.yaml of ObjDocker' });
  const { $schema, properties, ...top } = z.toJSONSchema(schema, OPTIONS);
  const { $schema: _, ...deployment } = z.toJSONSchema(deploymentSchema, OPTIONS);
  return {
    $schema,
    ...top,
    properties,
    additionalProperties: {
      if: {
        type: 'object',
        required: ['deployment'],
        properties: { deployment: { type: 'object', required: ['image'] } },
      },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { properties: { deployment } },
    },
  };
}

/** Allows an optional key without a value, as in `port:`. */
function allowEmptyKeys({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  const required = new Set(jsonSchema.required);
  for (const [key, property] of Object.entries(jsonSchema.properties ?? {})) {
    if (typeof property === 'boolean' || required.has(key)) continue;
    const alternatives = property.anyOf;
    if (alternatives !== undefined) {
      if (!alternatives.some((alternative) => alternative.type === 'null')) alternatives.push({ type: 'null' });
    } else if (property.type !== undefined) {
      Object.assign(property, { type: [...new Set([property.type, 'null'].flat())] });
    }
  }
}
