import type { EnvironmentVariables } from '../lib/process/exec.ts';
import { escapeTemplate, expand, parseTemplate } from './interpolate.ts';
import { activeSchema, deploymentSchema, dockerSchema, SECTIONS } from './schema/schema.ts';
import type { ConfigIssue, KeyPath } from './validation/issues.ts';
import { applyRules } from './validation/rules.ts';
import { validate } from './validation/validate.ts';
import { ownValue, type PackageSource, Values } from './values.ts';
import type { ConfigDocument, Finding } from './yaml/document.ts';
import { type Tree, type TreeMap, TreeReader } from './yaml/tree.ts';

/** The parts of a config.yaml that are ours. */
export interface ConfigSource {
  readonly document: ConfigDocument;
  readonly reader: TreeReader;
  readonly active: string | undefined;
  readonly docker: TreeMap;
  readonly packages: ReadonlyMap<string, PackageSource>;
  /** What is wrong with the top of the file, whichever package is used. */
  readonly issues: readonly ConfigIssue[];
}

export interface CheckOptions {
  /** Variables that may be looked up. Without it only what is written out is checked. */
  readonly env?: EnvironmentVariables | undefined;
  /** Makes an unknown key an error. */
  readonly strict: boolean;
}

/** Reads our parts of a document: `active`, `docker`, and each top-level key with `deployment.image`. */
export function readSource(document: ConfigDocument, options: CheckOptions): ConfigSource {
  const reader = new TreeReader(document);
  const top = reader.entries(document.root, []) ?? new Map();
  const shared: Finding[] = [];
  const packages = new Map<string, PackageSource>();

  const active = reader.read(top.get('active')?.value, ['active']);
  if (active !== undefined) {
    shared.push(
      ...validate({ tree: active, path: ['active'], schema: activeSchema, reader, unknownKeys: () => 'error' }),
    );
  }
  const written = reader.read(top.get('docker')?.value, ['docker']);
  const docker = isTreeMap(written) ? written : {};
  if (written !== undefined) {
    const tree = expandWherePossible(written, options.env);
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
    const tree: TreeMap = {};
    for (const section of SECTIONS) {
      const value = reader.read(deployment.get(section)?.value, [name, 'deployment', section]);
      if (value !== undefined) tree[section] = value;
    }
    packages.set(name, { name, document, reader, deployment: tree, docker });
  }
  shared.push(...reader.findings.filter(({ path: [first], path }) => path.length === 1 || first === 'docker'));
  return {
    document,
    reader,
    active: typeof active === 'string' && active !== '' ? active : undefined,
    docker,
    packages,
    issues: shared.map((finding) => issueOf(finding, document, reader)),
  };
}

/** What is wrong with one package. */
export function checkPackage(source: PackageSource, options: CheckOptions): readonly ConfigIssue[] {
  const { name, reader } = source;
  const path = [name, 'deployment'];
  const tree = expandWherePossible(source.deployment, options.env);
  const inScan = (key: readonly (string | number)[]) => key[2] === 'scan';
  const findings = [
    ...reader.findings.filter((finding) => finding.path[0] === name && isOurs(finding.path)),
    ...validate({
      tree,
      path,
      schema: deploymentSchema,
      reader,
      unknownKeys: (key) => (inScan(key) || options.strict ? 'error' : 'warning'),
    }),
    ...applyRules(Values.ofLiterals(source, options.env)),
  ];
  return findings.map((finding) => issueOf({ ...finding, package: name }, source.document, reader));
}

function issueOf(finding: Finding, document: ConfigDocument, reader: TreeReader): ConfigIssue {
  return document.issue({ ...finding, range: finding.range ?? reader.place(finding.path) });
}

function isOurs([, deployment, section]: KeyPath): boolean {
  return deployment === 'deployment' && (section === undefined || SECTIONS.some((ours) => ours === section));
}

function isTreeMap(tree: Tree | undefined): tree is TreeMap {
  return tree !== undefined && typeof tree !== 'string' && !Array.isArray(tree);
}

/** The tree with each text's value in place of its variables, where they are all set. */
function expandWherePossible(tree: Tree, env: EnvironmentVariables | undefined): Tree {
  if (env === undefined) return tree;
  if (typeof tree === 'string') {
    const template = parseTemplate(tree);
    const text = template.problem === undefined ? expand(template, (name) => ownValue(env, name)) : undefined;
    return text === undefined ? tree : escapeTemplate(text);
  }
  if (Array.isArray(tree)) return tree.map((item) => expandWherePossible(item, env));
  const expanded: TreeMap = Object.create(null);
  for (const [key, value] of Object.entries(tree)) expanded[key] = expandWherePossible(value, env);
  return expanded;
}
