import { z } from 'zod';
import { activeSchema, deploymentSchema, dockerSchema } from './schema.ts';

/**
 * The JSON Schema of config.yaml, for editors. Top-level keys that are not ours may be anything; one with `deployment.image`
 * is a package.
 */
export function configJsonSchema(): object {
  const schema = z
    .object({ active: activeSchema.optional(), docker: dockerSchema.optional() })
    .catchall(z.unknown())
    .meta({ title: 'config.yaml of ObjDocker' });
  const { $schema, properties, ...top } = z.toJSONSchema(schema, { io: 'input' });
  const { $schema: _, ...deployment } = z.toJSONSchema(deploymentSchema, { io: 'input' });
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
