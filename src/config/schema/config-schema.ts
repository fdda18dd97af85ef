import * as z from 'zod';
import { UNFIXED_STATUSES } from '../../model/enums.ts';
import { DEFAULT_NAME } from '../image-name.ts';
import { parseTemplate, variablesOf } from '../interpolate.ts';
import * as basics from './basic-parsers.ts';
import * as builds from './build-parsers.ts';
import * as names from './name-parsers.ts';
import type { ParseResult, ScalarParser } from './scalar-parser.ts';

/**
 * The schema of config.yaml. Every scalar is the text in the file, and defaults are not filled in. The descriptions go into the
 * JSON Schema, which editors show.
 */

/** The YAML types that an editor accepts for a scalar. */
type YamlType = 'string' | 'number' | 'integer' | 'boolean';

interface Extra {
  readonly types?: readonly YamlType[];
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly required?: boolean;
}

/** A scalar. Text with variables is checked later, when it is read. Empty text counts as absent. */
function scalar<T>(parser: ScalarParser<T>, extra: Extra = {}) {
  const { types = ['string'], examples, default: fallback, required = false } = extra;
  return z
    .string()
    .superRefine((text, context) => {
      const template = parseTemplate(text);
      if (template.problem !== undefined) {
        const hint = 'Write ${NAME} for an environment variable, or $${ for a literal "${".';
        context.addIssue({ code: 'custom', message: template.problem, params: { hint } });
        return;
      }
      if (variablesOf(template).length > 0) return;
      const literal = template.parts.join('');
      if (literal === '') {
        if (required) context.addIssue({ code: 'custom', message: 'is missing' });
        return;
      }
      const result = parser.parse(literal);
      if ('problem' in result) {
        context.addIssue({ code: 'custom', message: result.problem, params: { hint: result.hint } });
      }
    })
    .meta({
      ...(types.length === 1 ? {} : { type: types }),
      ...(examples === undefined ? {} : { examples }),
      ...(fallback === undefined ? {} : { default: fallback }),
    });
}

/** A build argument. A URL with credentials is found even when the text has variables. */
const buildArg = scalar(builds.argValue, { types: ['string', 'number', 'boolean'] }).superRefine((text, context) => {
  const template = parseTemplate(text);
  const sketch = template.parts.map((part) => (typeof part === 'string' ? part : `variable-${part.variable}-variable`));
  const result = builds.argValue.parse(sketch.join(''));
  if ('problem' in result && variablesOf(template).length > 0) {
    context.addIssue({ code: 'custom', message: result.problem, params: { hint: result.hint } });
  }
});

/** A key of a mapping. Keys have no variables. */
function name<T>(parser: ScalarParser<T>) {
  return z.string().superRefine((text, context) => {
    const result: ParseResult<T> = text === '' ? { problem: 'the key is empty' } : parser.parse(text);
    if ('problem' in result) {
      context.addIssue({ code: 'custom', message: result.problem, params: { hint: result.hint } });
    }
  });
}

const anyScalar: readonly YamlType[] = ['string', 'number', 'boolean'];
const flag = (fallback: boolean) => scalar(basics.flag, { types: ['boolean', 'string'], default: fallback });
const list = <T extends z.ZodType>(item: T) => z.union([z.array(item), z.literal('')]);

const credentials = {
  username: scalar(basics.username, { types: anyScalar, examples: ['robot$axion+ci'] })
    .optional()
    .describe("User name. Default: the user's Docker credentials for the registry."),
  password: scalar(basics.text, { types: anyScalar, examples: ['${HARBOR_PASSWORD}'] })
    .optional()
    .describe(
      'Password, preferably from an environment variable: "${HARBOR_PASSWORD}". Cannot be combined with passwordFile.',
    ),
  passwordFile: scalar(basics.path)
    .optional()
    .describe(
      'Path of a file with the password, relative to the folder of config.yaml. A final newline is not part of the password.',
    ),
};

const mirror = z
  .strictObject({
    endpoint: z
      .union([scalar(names.endpoint), z.array(scalar(names.endpoint))])
      .optional()
      .describe('http or https URL, or a list of them in the order in which nodes try them.'),
    rewrite: z
      .record(name(basics.text), scalar(basics.text))
      .optional()
      .describe('Rewrites of the repository, from a regular expression to its replacement: "(.*)": "dockerhub/$1".'),
  })
  .describe('Endpoints that nodes pull the images of this registry from.');

const endpointAccess = z
  .strictObject({
    username: scalar(basics.username, { types: anyScalar }).optional().describe('User name.'),
    password: scalar(basics.text, { types: anyScalar, examples: ['${CACHE_PASSWORD}'] })
      .optional()
      .describe('Password, preferably from an environment variable. Cannot be combined with passwordFile.'),
    passwordFile: credentials.passwordFile,
    ca: scalar(basics.path).optional().describe('Path on the nodes of a PEM file with the certificate authority.'),
    cert: scalar(basics.path)
      .optional()
      .describe("Path on the nodes of a PEM file with the nodes' client certificate."),
    key: scalar(basics.path).optional().describe('Path on the nodes of a PEM file with the key of cert.'),
  })
  .describe('Access of nodes to one server.');

const registrySchema = z
  .strictObject({
    type: scalar(basics.plainText, { required: true, examples: ['harbor', 'registry'] }).describe(
      '"harbor", or any other text for a plain registry with the /v2 API.',
    ),
    host: scalar(names.host)
      .optional()
      .describe('Host of the registry, with or without a port. Default: docker.registryhost, else image.registry.'),
    port: scalar(basics.port, { types: ['integer', 'string'] })
      .optional()
      .describe('Port of the registry. Default: the default port of the scheme.'),
    project: scalar(names.project, { types: anyScalar })
      .optional()
      .describe('Harbor project: the first path component of every image name. Required when type is harbor.'),
    ...credentials,
    ca: scalar(basics.path)
      .optional()
      .describe("Path of a PEM file with the certificate authority of the registry's certificate."),
    insecureSkipVerify: flag(false).optional().describe('Accept any certificate of the registry. Default: false.'),
    auto_scan: flag(false).optional().describe('Make Harbor scan each image when it is pushed. Default: false.'),
    auto_sbom: flag(false)
      .optional()
      .describe('Make Harbor, from 2.11 on, generate the SBOM of each image when it is pushed. Default: false.'),
    mirrors: z
      .record(name(names.mirrorHost), mirror)
      .optional()
      .describe(
        'Mirrors by the host[:port] in image names, or "*" for all. An endpoint with the host of the registry also sets the scheme of its API.',
      ),
    pull: z
      .strictObject(credentials)
      .optional()
      .describe('Credentials that nodes pull with. Default: the credentials above.'),
    configs: z
      .record(name(names.host), endpointAccess)
      .optional()
      .describe('What nodes need for the endpoints of other servers, such as a pull cache, by their host[:port].'),
  })
  .describe('The registry of the package.');

export const BASE_UNREACHABLE = ['fail', 'last-known'] as const;
export const ON_UNCHANGED = ['fail', 'warn'] as const;

const secret = z
  .strictObject({
    env: scalar(builds.variable).optional().describe('Name of the environment variable with the secret.'),
    file: scalar(basics.path)
      .optional()
      .describe('Path of the file with the secret, relative to the folder of config.yaml.'),
    version: scalar(basics.text, { types: anyScalar, examples: ['2026-11'] })
      .optional()
      .describe('Any text. Another text builds the services again that use the secret; another value alone does not.'),
  })
  .describe('Exactly one of env and file, and a version.');

/** Where builds can keep their cache without more settings. */
export const CACHES = ['registry'] as const;

const imageSchema = z
  .strictObject({
    registry: scalar(names.host)
      .optional()
      .describe('host[:port] in image names. Default: that of the registry. With a Harbor it must be the same.'),
    repository: scalar(names.repository, { required: true, types: anyScalar }).describe(
      'Name of the image when the Dockerfile has no services.',
    ),
    name: scalar(names.imageName, { default: DEFAULT_NAME, examples: ['{package}/{service}'] })
      .optional()
      .describe('Name of the image of a service, with the placeholders {service} and {package}.'),
    tag: scalar(names.tag, { types: anyScalar })
      .optional()
      .describe('Tag of every image, unless a command names another one. Also the build argument VERSION.'),
    tags: list(scalar(names.tag, { types: anyScalar, examples: ['1.4.2', 'latest'] }))
      .optional()
      .describe(
        'Several public tags, which replace tag: a release moves all of them. The first is the build argument VERSION.',
      ),
    baseImage: scalar(names.reference)
      .optional()
      .describe('Base image of the build stages: the build argument BASE_IMAGE.'),
    baseRuntimeImage: scalar(names.reference)
      .optional()
      .describe('Base image of the runtime stages: the build argument BASE_RUNTIME_IMAGE.'),
    dockerfile: scalar(basics.path, { required: true }).describe(
      'Path of the Dockerfile, relative to the folder of config.yaml.',
    ),
    context: scalar(basics.path, { default: '.' })
      .optional()
      .describe('Folder of the build context, relative to the folder of config.yaml. Default: that folder.'),
    services: list(scalar(names.service, { types: anyScalar }))
      .optional()
      .describe('Stages of the Dockerfile that are services. Default: the stages that no other stage uses.'),
    platforms: list(scalar(names.platform))
      .optional()
      .describe('Platforms to build for, os/architecture[/variant]. Default: the platform of the engine.'),
    buildArgs: z
      .record(name(builds.argName), buildArg)
      .optional()
      .describe('More build arguments. Everyone who has the image can read them.'),
    secrets: z
      .record(name(builds.secretId), secret)
      .optional()
      .describe('Build secrets by id: RUN --mount=type=secret,id=ID.'),
    builder: scalar(basics.plainText).optional().describe('Name of the buildx builder. Default: the selected builder.'),
    cache: scalar(basics.oneOf(CACHES), { examples: [...CACHES] })
      .optional()
      .describe(
        'With registry, the build reads and writes a cache for each image in its own repository, under the tag buildcache. Default: none.',
      ),
    cacheFrom: list(scalar(builds.cache))
      .optional()
      .describe('Build caches to read, in the format of --cache-from of buildx, with the placeholder {service}.'),
    cacheTo: list(scalar(builds.cache))
      .optional()
      .describe(
        'Build caches to write, in the format of --cache-to of buildx. With several services each needs its own: {service}.',
      ),
    rebuildFor: list(scalar(builds.argName, { examples: ['VERSION'] }))
      .optional()
      .describe('Build arguments whose change builds a service again, although only LABEL uses them.'),
    baseUnreachable: scalar(basics.oneOf(BASE_UNREACHABLE), { default: 'fail' })
      .optional()
      .describe(
        'When the registry of a base image cannot be reached: "fail", or "last-known" to go on with the digest of the last release.',
      ),
  })
  .describe('The images of the package.');

const compileSchema = z
  .strictObject({
    include: list(scalar(builds.glob))
      .optional()
      .describe('Globs of the modules to compile, relative to the source root.'),
    exclude: list(scalar(builds.glob)).optional().describe('Globs of the modules that are not compiled.'),
    jobs: scalar(basics.count, { types: ['integer', 'string'] })
      .optional()
      .describe('Number of modules to compile in parallel. Default: the number of processors.'),
    directives: z
      .record(name(builds.directiveName), scalar(builds.directive, { types: anyScalar }))
      .optional()
      .describe('Cython directives: boundscheck, wraparound, language_level, …'),
  })
  .describe('Which Python modules Cython compiles inside the image build.');

export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'none'] as const;

const allowance = z
  .strictObject({
    id: scalar(basics.plainText, { required: true }).describe('Id of the finding: CVE-2024-1234.'),
    reason: scalar(basics.text, { required: true }).describe('Why the finding is accepted.'),
    until: scalar(basics.day)
      .optional()
      .describe('Last day on which the finding is accepted, in UTC: 2026-12-31. Default: no end.'),
  })
  .describe('An accepted finding.');

const scanSchema = z
  .strictObject({
    failOn: scalar(basics.oneOf(SEVERITIES), { default: 'critical', examples: [...SEVERITIES] })
      .optional()
      .describe('Lowest severity that rejects an image. With none, no severity does. Default: critical.'),
    ignoreUnfixed: flag(false).optional().describe('Pass findings that have no fix yet. Default: false.'),
    ignoreStatus: list(scalar(basics.oneOf(UNFIXED_STATUSES), { examples: [...UNFIXED_STATUSES] }))
      .optional()
      .describe(
        'Pass findings without a fix of which the distribution says this, where Harbor reports it (2.11 and later).',
      ),
    unknown: scalar(basics.oneOf(['pass', 'fail']), { default: 'pass', examples: ['pass', 'fail'] })
      .optional()
      .describe('Whether findings of unknown severity pass or fail. The verdict counts them. Default: pass.'),
    requirePackages: flag(false)
      .optional()
      .describe(
        'Reject an image in which the scanner found no packages, or of which that is not known and which has no findings. Default: false.',
      ),
    allow: list(allowance).optional().describe('Accepted findings.'),
    onUnchanged: scalar(basics.oneOf(ON_UNCHANGED), { default: 'fail' })
      .optional()
      .describe(
        'When the policy rejects a service that is unchanged: "fail" releases nothing, "warn" releases the others.',
      ),
    maxAge: scalar(basics.duration, { default: '24h' })
      .optional()
      .describe('The oldest scan report that "gate" evaluates: 24h, 7d. Default: 24h.'),
    timeout: scalar(basics.duration, { default: '15m' })
      .optional()
      .describe('Deadline of a scan: 90s, 15m, 1h30m. Default: 15m.'),
  })
  .describe('Which scan results let an image be released.');

const releaseSchema = z
  .strictObject({
    repository: scalar(names.repository, { types: anyScalar })
      .optional()
      .describe(
        'Repository of the release records, without the project. Default: the name of the package and "-releases".',
      ),
    record: flag(true)
      .optional()
      .describe(
        'Keep each release on record in the registry. With false only runs on one machine keep out of each other. Default: true.',
      ),
  })
  .describe('How releases are recorded.');

const k3sSchema = z
  .strictObject({
    output: scalar(basics.path)
      .optional()
      .describe('Path to write registries.yaml to, relative to the folder of config.yaml.'),
  })
  .describe('The configuration of k3s nodes.');

export const deploymentSchema = z
  .looseObject({
    registry: registrySchema,
    image: imageSchema,
    compile: compileSchema.optional(),
    scan: scanSchema.optional(),
    release: releaseSchema.optional(),
    k3s: k3sSchema.optional(),
  })
  .describe('How the package is built, pushed, scanned and deployed. Other keys belong to other tools.');

export const dockerSchema = z
  .strictObject({
    registryhost: scalar(names.host).optional().describe('Host of the registry, for packages without registry.host.'),
    registryport: scalar(basics.port, { types: ['integer', 'string'] })
      .optional()
      .describe('Port of registryhost.'),
  })
  .describe('Defaults for all packages.');

export const activeSchema = scalar(basics.text).describe('Package to use when a command selects none.');

/** The keys of `deployment` that ObjDocker reads. */
export const SECTIONS = ['registry', 'image', 'compile', 'scan', 'release', 'k3s'] as const;
