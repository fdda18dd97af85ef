import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { ROOT } from '../harness/cli.ts';
import type { RecordedVersion } from '../harness/recordings.ts';

interface Operation {
  readonly responses: Readonly<Record<string, { readonly schema?: object } | undefined>>;
}

interface Swagger {
  readonly basePath: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation | undefined>>>>;
  readonly definitions: object;
}

/** Checks a response against Harbor's API description. @returns no problems for responses that it does not describe */
export type ResponseCheck = (method: string, path: string, status: number, body: unknown) => readonly string[];

/** Harbor's own description of its API belongs to Harbor, so it stays beside the repository. */
const FOLDER = join(ROOT, '../shared/harbor');

export const haveDescription = existsSync(join(FOLDER, 'swagger.yaml'));

/** Reads the description of a version. */
export function loadDescription(version: RecordedVersion): ResponseCheck {
  const file = join(FOLDER, version === '2.9' ? 'swagger.yaml' : `swagger-${version}.yaml`);
  const swagger = parse(joinBrokenQuotes(readFileSync(file, 'utf8'))) as Swagger;
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'swagger', definitions: swagger.definitions });
  const compiled = new Map<object, ValidateFunction>();
  const routes = Object.keys(swagger.paths).map((template) => ({
    template,
    pattern: new RegExp(`^${swagger.basePath}${template.replace(/\{[^}]+\}/g, '[^/]+')}$`),
  }));
  return (method, path, status, body) => {
    const route = path.split('?')[0] ?? '';
    // A path without parameters takes precedence over one with parameters.
    const [known] = routes
      .filter(({ pattern }) => pattern.test(route))
      .toSorted((a, b) => a.template.split('{').length - b.template.split('{').length);
    const schema = swagger.paths[known?.template ?? '']?.[method.toLowerCase()]?.responses[String(status)]?.schema;
    // The description says that a scan report is a string, but Harbor sends an object.
    if (schema === undefined || body === undefined || /\/additions\//.test(route)) return [];
    const validate = compiled.get(schema) ?? ajv.compile(absolute(schema));
    compiled.set(schema, validate);
    validate(withoutNulls(body));
    const place = (path: string) => path.replace(/\/\d+/g, '/N');
    return (validate.errors ?? []).map((each) => `${known?.template}: ${place(each.instancePath)} ${each.message}`);
  };
}

/** One quoted string continues on a line without indentation, which a strict YAML parser rejects. */
const joinBrokenQuotes = (yaml: string): string => yaml.replace(/^(\s*\w+: '(?:[^'\n]|'')*)\n\s*/gm, '$1 ');

/** Makes `#/definitions/X` refer to the description instead of the schema that contains it. */
const absolute = (schema: object): object =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/definitions/', '"swagger#/definitions/')) as object;

/** Harbor responds with null where its description has a list. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, each]) => each !== null);
  return Object.fromEntries(kept.map(([name, each]) => [name, withoutNulls(each)]));
}
