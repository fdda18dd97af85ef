import * as z from 'zod';
import { parseTemplate, variablesOf } from '../interpolate.ts';
import * as builds from './build-kinds.ts';
import type { Kind, Reading } from './kind.ts';
import * as kinds from './kinds.ts';
import * as names from './name-kinds.ts';

/**
 * The written config: what people put into config.yaml, every scalar as the text that they wrote (see `Tree`). Nothing is
 * filled in here. The descriptions are those of the JSON Schema, which editors show.
 */

/** How a scalar may be written in YAML, for editors. */
type YamlType = 'string' | 'number' | 'integer' | 'boolean';

interface Extra {
  readonly types?: readonly YamlType[];
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly required?: boolean;
}

/** A scalar of a kind. Text with variables is checked when it is read; empty text means not set. */
function scalar<T>(kind: Kind<T>, extra: Extra = {}) {
  const { types = ['string'], examples, default: fallback, required = false } = extra;
  return z
    .string()
    .superRefine((text, context) => {
      const template = parseTemplate(text);
      if (template.problem !== undefined) {
        const hint = 'Write ${NAME} for an environment variable, $${ for a literal "${".';
        context.addIssue({ code: 'custom', message: template.problem, params: { hint } });
        return;
      }
      if (variablesOf(template).length > 0) return;
      const literal = template.parts.join('');
      if (literal === '') {
        if (required) context.addIssue({ code: 'custom', message: 'is missing' });
        return;
      }
      const reading = kind.read(literal);
      if ('problem' in reading) {
        context.addIssue({ code: 'custom', message: reading.problem, params: { hint: reading.hint } });
      }
    })
    .meta({
      ...(types.length === 1 ? {} : { type: types }),
      ...(examples === undefined ? {} : { examples }),
      ...(fallback === undefined ? {} : { default: fallback }),
    });
}

/** The same, where a value that holds a URL with credentials is looked at although it has variables. */
const buildArg = scalar(builds.argValue, { types: ['string', 'number', 'boolean'] }).superRefine((text, context) => {
  const template = parseTemplate(text);
  const sketch = template.parts.map((part) => (typeof part === 'string' ? part : `variable-${part.variable}-variable`));
  const reading = builds.argValue.read(sketch.join(''));
  if ('problem' in reading && variablesOf(template).length > 0) {
    context.addIssue({ code: 'custom', message: reading.problem, params: { hint: reading.hint } });
  }
});

/** A key of a mapping whose keys are names; keys hold no variables. */
function name<T>(kind: Kind<T>) {
  return z.string().superRefine((text, context) => {
    const reading: Reading<T> = text === '' ? { problem: 'a name is empty' } : kind.read(text);
    if ('problem' in reading) {
      context.addIssue({ code: 'custom', message: reading.problem, params: { hint: reading.hint } });
    }
  });
}

const anyScalar: readonly YamlType[] = ['string', 'number', 'boolean'];
const flag = (fallback: boolean) => scalar(kinds.flag, { types: ['boolean', 'string'], default: fallback });
const list = <T extends z.ZodType>(item: T) => z.union([z.array(item), z.literal('')]);

const credentials = {
  username: scalar(kinds.username, { types: anyScalar, examples: ['robot$axion+ci'] })
    .optional()
    .describe("User name. Without one, the user's own Docker credentials for the registry are used."),
  password: scalar(kinds.text, { types: anyScalar, examples: ['${HARBOR_PASSWORD}'] })
    .optional()
    .describe('Password, best from the environment: "${HARBOR_PASSWORD}". Not together with passwordFile.'),
  passwordFile: scalar(kinds.path)
    .optional()
    .describe(
      'Path of a file that holds the password; a final newline is not part of it. Relative to the folder of config.yaml.',
    ),
};

const mirror = z
  .strictObject({
    endpoint: z
      .union([scalar(names.endpoint), z.array(scalar(names.endpoint))])
      .optional()
      .describe('URL, or a list of URLs in the order in which nodes try them; http or https.'),
    rewrite: z
      .record(name(kinds.text), scalar(kinds.text))
      .optional()
      .describe('Regular expression to replacement, for the repository: "(.*)": "dockerhub/$1".'),
  })
  .describe('Where nodes pull the images of this registry from.');

const registrySchema = z
  .strictObject({
    type: scalar(kinds.plainText, { required: true, examples: ['harbor', 'registry'] }).describe(
      '"harbor", or anything else for a plain registry, which is spoken to over /v2.',
    ),
    host: scalar(names.host)
      .optional()
      .describe('Host of the registry, with or without its port. Default: docker.registryhost, else image.registry.'),
    port: scalar(kinds.port, { types: ['integer', 'string'] })
      .optional()
      .describe("Port of the registry; empty for the scheme's own."),
    project: scalar(names.project, { types: anyScalar })
      .optional()
      .describe('Harbor project, the first part of every image name. Required when type is harbor.'),
    ...credentials,
    ca: scalar(kinds.path)
      .optional()
      .describe("Path of a PEM file with the certificate authority that signed the registry's certificate."),
    insecureSkipVerify: flag(false).optional().describe('Accept any certificate of the registry. Default: false.'),
    auto_scan: flag(false).optional().describe('Let Harbor scan each image when it is pushed. Default: false.'),
    mirrors: z
      .record(name(names.mirrorHost), mirror)
      .optional()
      .describe(
        'Mirrors by the host[:port] that images name, or "*". The entry of the registry itself also says its scheme.',
      ),
    pull: z
      .strictObject(credentials)
      .optional()
      .describe('Credentials that nodes pull with, when they are not to get those above.'),
  })
  .describe('The registry of the package.');

const secret = z
  .strictObject({
    env: scalar(builds.variable).optional().describe('Environment variable that holds the secret.'),
    file: scalar(kinds.path).optional().describe('File that holds the secret, relative to the folder of config.yaml.'),
  })
  .describe('Exactly one of env and file.');

const imageSchema = z
  .strictObject({
    registry: scalar(names.host)
      .optional()
      .describe("host[:port] in the images' names. Default: the registry's own. With a harbor it can be no other."),
    repository: scalar(names.repository, { required: true, types: anyScalar }).describe(
      'Name of the image of a Dockerfile without service targets.',
    ),
    tag: scalar(names.tag, { required: true, types: anyScalar }).describe(
      'Tag of every image; also handed to the build as VERSION.',
    ),
    baseImage: scalar(names.reference).optional().describe('Image that the build stages start from: BASE_IMAGE.'),
    baseRuntimeImage: scalar(names.reference)
      .optional()
      .describe('Image that the runtime stages start from: BASE_RUNTIME_IMAGE.'),
    dockerfile: scalar(kinds.path, { required: true }).describe(
      'Path of the Dockerfile, relative to the folder of config.yaml.',
    ),
    context: scalar(kinds.path, { default: '.' })
      .optional()
      .describe('Folder of the build context, relative to that of config.yaml. Default: that folder.'),
    services: list(scalar(names.service, { types: anyScalar }))
      .optional()
      .describe('Stages of the Dockerfile that are services. Default: its leaves.'),
    platforms: list(scalar(names.platform))
      .optional()
      .describe('Platforms to build for, os/architecture[/variant]. Default: that of the engine.'),
    buildArgs: z
      .record(name(builds.argName), buildArg)
      .optional()
      .describe('Further build arguments. Everybody who has the image can read them.'),
    secrets: z
      .record(name(builds.secretId), secret)
      .optional()
      .describe('Build secrets by id: RUN --mount=type=secret,id=ID.'),
    builder: scalar(kinds.plainText).optional().describe('Name of the buildx builder. Default: the one in use.'),
    cacheFrom: list(scalar(builds.cache))
      .optional()
      .describe('Build caches to read, as --cache-from of buildx takes them.'),
    cacheTo: list(scalar(builds.cache))
      .optional()
      .describe('Build caches to write, as --cache-to of buildx takes them.'),
  })
  .describe('The images of the package.');

const compileSchema = z
  .strictObject({
    include: list(scalar(builds.glob))
      .optional()
      .describe('Globs of the modules to compile, relative to the source root.'),
    exclude: list(scalar(builds.glob)).optional().describe('Globs of the modules that stay source.'),
    jobs: scalar(kinds.count, { types: ['integer', 'string'] })
      .optional()
      .describe('Modules compiled at once. Default: one a processor.'),
    directives: z
      .record(name(builds.directiveName), scalar(builds.directive, { types: anyScalar }))
      .optional()
      .describe('Cython directives: boundscheck, wraparound, language_level, …'),
  })
  .describe('Which Python modules Cython compiles inside the image build.');

export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'none'] as const;

const allowance = z
  .strictObject({
    id: scalar(kinds.plainText, { required: true }).describe('Id of the finding: CVE-2024-1234.'),
    reason: scalar(kinds.text, { required: true }).describe('Why it is accepted.'),
    until: scalar(kinds.day)
      .optional()
      .describe('Last day that it is accepted, in UTC: 2026-12-31. Default: for good.'),
  })
  .describe('A finding that is accepted.');

const scanSchema = z
  .strictObject({
    failOn: scalar(kinds.oneOf(SEVERITIES), { default: 'critical', examples: [...SEVERITIES] })
      .optional()
      .describe('Least severity that rejects an image; none lets everything pass. Default: critical.'),
    ignoreUnfixed: flag(false).optional().describe('Let findings pass that have no fix yet. Default: false.'),
    unknown: scalar(kinds.oneOf(['pass', 'fail']), { default: 'pass', examples: ['pass', 'fail'] })
      .optional()
      .describe('What findings of unknown severity do. Default: pass; the verdict counts them.'),
    allow: list(allowance).optional().describe('Findings that are accepted.'),
    timeout: scalar(kinds.duration, { default: '15m' })
      .optional()
      .describe('How long a scan may take: 90s, 15m, 1h30m. Default: 15m.'),
  })
  .describe('Which scan results let an image be released.');

const k3sSchema = z
  .strictObject({
    output: scalar(kinds.path)
      .optional()
      .describe('Path that registries.yaml is written to, relative to the folder of config.yaml.'),
  })
  .describe('What k3s nodes are given.');

export const deploymentSchema = z
  .looseObject({
    registry: registrySchema,
    image: imageSchema,
    compile: compileSchema.optional(),
    scan: scanSchema.optional(),
    k3s: k3sSchema.optional(),
  })
  .describe(
    'How the package is built, pushed, scanned and handed out. Keys that are not listed belong to other tools.',
  );

export const dockerSchema = z
  .strictObject({
    registryhost: scalar(names.host).optional().describe('Registry of the packages that name none.'),
    registryport: scalar(kinds.port, { types: ['integer', 'string'] })
      .optional()
      .describe('Its port.'),
  })
  .describe('What all packages share.');

export const activeSchema = scalar(kinds.text).describe('Package that is used when a command names none.');

/** The keys of `deployment` that are ours; the others are never read. */
export const SECTIONS = ['registry', 'image', 'compile', 'scan', 'k3s'] as const;
