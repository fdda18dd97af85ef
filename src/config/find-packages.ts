import type { EnvironmentVariables } from '../lib/process/exec.ts';
import { escapeTemplate, expand, parseTemplate } from './interpolate.ts';
import { ownValue, type PackageSource, PackageValues } from './package-values.ts';
import { activeSchema, deploymentSchema, dockerSchema, SECTIONS } from './schema/config-schema.ts';
import type { AllowanceCheck } from './validation/allowance-dates.ts';
import type { ConfigIssue, KeyPath } from './validation/issues.ts';
import { applyRules } from './validation/rules.ts';
import { validate } from './validation/validate.ts';
import type { ConfigDocument, ConfigProblem } from './yaml/document.ts';
import { type YamlMapping, YamlReader, type YamlValue } from './yaml/read-values.ts';

/** The parts of a config.yaml that ObjDocker reads. */
export interface FoundPackages {
  readonly document: ConfigDocument;
  readonly reader: YamlReader;
  readonly active: string | undefined;
  readonly docker: YamlMapping;
  readonly packages: ReadonlyMap<string, PackageSource>;
  /** The issues of the keys that all packages share. */
  readonly issues: readonly ConfigIssue[];
}

export interface CheckOptions {
  /** The values of variables. Values with other variables are not checked. @default none */
  readonly env?: EnvironmentVariables | undefined;
  /** Reports unknown keys as errors. */
  readonly strict: boolean;
}

/** Reads `active`, `docker`, and each top-level key with `deployment.image`, which is a package. */
export function findPackages(document: ConfigDocument, options: CheckOptions): FoundPackages {
  const reader = new YamlReader(document);
  const top = reader.entries(document.root, []) ?? new Map();
  const shared: ConfigProblem[] = [];
  const packages = new Map<string, PackageSource>();

  const active = reader.read(top.get('active')?.value, ['active']);
  if (active !== undefined) {
    shared.push(
      ...validate({ tree: active, path: ['active'], schema: activeSchema, reader, unknownKeys: () => 'error' }),
    );
  }
  const dockerValue = reader.read(top.get('docker')?.value, ['docker']);
  const docker = isMapping(dockerValue) ? dockerValue : {};
  if (dockerValue !== undefined) {
    const tree = expandKnownVariables(dockerValue, options.env);
    const unknownKeys = () => (options.strict ? 'error' : 'warning');
    shared.push(...validate({ tree, path: ['docker'], schema: dockerSchema, reader, unknownKeys }));
  }
  for (const [name, entry] of top) {
    if (name === 'docker' || name === 'active') continue;
    const deployment = reader.entries(reader.entries(entry.value, [name])?.get('deployment')?.value, [
      name,
      'deployment',
    ]);
    if (deployment === undefined || !deployment.has('image')) continue;
    const tree: YamlMapping = {};
    for (const section of SECTIONS) {
      const value = reader.read(deployment.get(section)?.value, [name, 'deployment', section]);
      if (value !== undefined) tree[section] = value;
    }
    packages.set(name, { name, document, reader, deployment: tree, docker });
  }
  shared.push(...reader.problems.filter(({ path: [first], path }) => path.length === 1 || first === 'docker'));
  return {
    document,
    reader,
    active: typeof active === 'string' && active !== '' ? active : undefined,
    docker,
    packages,
    issues: shared.map((problem) => issueOf(problem, document, reader)),
  };
}

/** Returns the issues of one package. */
export function checkPackage(
  source: PackageSource,
  { allowances, ...options }: CheckOptions & { readonly allowances: AllowanceCheck },
): readonly ConfigIssue[] {
  const { name, reader } = source;
  const path = [name, 'deployment'];
  const tree = expandKnownVariables(source.deployment, options.env);
  const inScan = (key: readonly (string | number)[]) => key[2] === 'scan' || key[2] === 'release';
  const problems = [
    ...reader.problems.filter((problem) => problem.path[0] === name && isOwnKey(problem.path)),
    ...validate({
      tree,
      path,
      schema: deploymentSchema,
      reader,
      unknownKeys: (key) => (inScan(key) || options.strict ? 'error' : 'warning'),
    }),
    ...applyRules(PackageValues.ofLiterals(source, options.env), allowances),
  ];
  return problems.map((problem) => issueOf({ ...problem, package: name }, source.document, reader));
}

function issueOf(problem: ConfigProblem, document: ConfigDocument, reader: YamlReader): ConfigIssue {
  return document.issue({ ...problem, range: problem.range ?? reader.highlightRange(problem.path) });
}

function isOwnKey([, deployment, section]: KeyPath): boolean {
  return deployment === 'deployment' && (section === undefined || SECTIONS.some((ours) => ours === section));
}

function isMapping(tree: YamlValue | undefined): tree is YamlMapping {
  return tree !== undefined && typeof tree !== 'string' && !Array.isArray(tree);
}

/** Replaces the variables of each text by their values, if all of them are set. */
function expandKnownVariables(tree: YamlValue, env: EnvironmentVariables | undefined): YamlValue {
  if (env === undefined) return tree;
  if (typeof tree === 'string') {
    const template = parseTemplate(tree);
    const text = template.problem === undefined ? expand(template, (name) => ownValue(env, name)) : undefined;
    return text === undefined ? tree : escapeTemplate(text);
  }
  if (Array.isArray(tree)) return tree.map((item) => expandKnownVariables(item, env));
  const expanded: YamlMapping = Object.create(null);
  for (const [key, value] of Object.entries(tree)) expanded[key] = expandKnownVariables(value, env);
  return expanded;
}
