import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { JSON_OUTPUTS, jsonOutputSchema } from '../src/cli/json-output.ts';
import { configJsonSchema } from '../src/config/schema/json-schema.ts';
import { runResultSchema } from '../src/report/run-result-schema.ts';

/** Every JSON Schema that is generated, by its place in the repository. */
export const schemas: readonly { readonly file: string; readonly schema: () => object }[] = [
  { file: 'schema/config.schema.json', schema: configJsonSchema },
  { file: 'schema/result.schema.json', schema: runResultSchema },
  ...(Object.keys(JSON_OUTPUTS) as (keyof typeof JSON_OUTPUTS)[]).map((name) => ({
    file: `schema/${name}.schema.json`,
    schema: () => jsonOutputSchema(name),
  })),
];

/** The text of a schema's file. */
export function schemaText(schema: object): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}

async function writeSchemas(): Promise<void> {
  for (const { file, schema } of schemas) {
    const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, schemaText(schema()));
    console.log(file);
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) await writeSchemas();
