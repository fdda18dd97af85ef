import { dirname, resolve } from 'node:path';
import { ObjDockerError } from '../errors.ts';
import type { EnvironmentVariables } from '../lib/process/exec.ts';
import { quote } from '../lib/text/sanitize.ts';
import { didYouMean } from '../lib/text/suggest.ts';
import { joinWords } from '../lib/text/words.ts';
import { findExcludedFiles } from './excluded-files.ts';
import { expand, parseTemplate } from './interpolate.ts';
import { normalisePackage } from './normalise.ts';
import type { Package } from './package.ts';
import { showPackage } from './show.ts';
import { type ConfigSource, checkPackage, readSource } from './source.ts';
import { type ConfigIssue, issuesError, sortIssues } from './validation/issues.ts';
import { ownValue, type PackageSource, Values } from './values.ts';
import type { ConfigDocument } from './yaml/document.ts';

/** A config.yaml that was read. */
export interface Config {
  /** The file, as it was named. */
  readonly file: string;
  /** The names of its packages, in the order of the file. */
  readonly packages: readonly string[];
  /** What looks wrong, in all packages and at the top of the file. */
  readonly warnings: readonly ConfigIssue[];
  /** What looks wrong with one package and at the top of the file. */
  warningsFor(name: string): readonly ConfigIssue[];
  /**
   * The package by that name; without one that of OBJDOCKER_PACKAGE, else of the file's `active:`, else the only one.
   *
   * @throws {ObjDockerError} PACKAGE_UNKNOWN, PACKAGE_AMBIGUOUS; CONFIG_INVALID with everything that is wrong with the package.
   */
  selectPackage(name?: string): Package;
  /** Everything that is wrong or looks wrong, in all packages. */
  check(): readonly ConfigIssue[];
  /** A package as it is used, defaults filled in and secrets masked, as plain data; a variable that is not set is shown as such. */
  show(name?: string): unknown;
}

export interface ConfigOptions {
  readonly env: EnvironmentVariables;
  readonly strict: boolean;
}

/** The config that a document holds. */
export function createConfig(document: ConfigDocument, { env, strict }: ConfigOptions): Config {
  const source = readSource(document, { strict });
  const packages = [...source.packages.keys()];
  const location = { configFile: resolve(document.file), directory: dirname(resolve(document.file)) };

  const known = new Map<PackageSource, readonly ConfigIssue[]>();
  const issuesOf = (pkg: PackageSource): readonly ConfigIssue[] => {
    const issues = known.get(pkg) ?? sortIssues([...source.issues, ...checkPackage(pkg, { strict })]);
    known.set(pkg, issues);
    return issues;
  };

  const normalise = (pkg: PackageSource): Package => {
    const values = Values.fromEnvironment(pkg, env);
    const others = [...source.packages.values()].filter((other) => other !== pkg);
    return normalisePackage(values, {
      ...location,
      excludedFiles: () =>
        findExcludedFiles([values, ...others.map((other) => Values.ofLiterals(other, env))], location),
    });
  };

  const selectPackage = (name?: string): Package => {
    const pkg = choose(source, chosenName(source, name, env));
    const errors = issuesOf(pkg).filter(({ severity }) => severity === 'error');
    if (errors.length > 0) throw issuesError(errors);
    return normalise(pkg);
  };

  const check = (): readonly ConfigIssue[] => {
    const { issues } = readSource(document, { strict, env });
    const ofPackages = [...source.packages.values()].flatMap((pkg) => checkPackage(pkg, { strict, env }));
    return sortIssues([...issues, ...ofPackages, ...topIssues(source, env)]);
  };

  const warningsFor = (name: string): readonly ConfigIssue[] => {
    const pkg = source.packages.get(name);
    return (pkg === undefined ? source.issues : issuesOf(pkg)).filter(({ severity }) => severity === 'warning');
  };

  return {
    file: document.file,
    packages,
    get warnings() {
      return sortIssues(packages.flatMap(warningsFor));
    },
    warningsFor,
    selectPackage,
    check,
    show: (name) => showPackage(selectPackage(name)),
  };
}

interface ChosenName {
  readonly name: string;
  /** Who named it, for a message. */
  readonly by: string;
}

function chosenName(
  source: ConfigSource,
  argument: string | undefined,
  env: EnvironmentVariables,
): ChosenName | undefined {
  if (argument !== undefined) return { name: argument, by: '' };
  const variable = ownValue(env, 'OBJDOCKER_PACKAGE');
  if (variable !== undefined && variable !== '') return { name: variable, by: ' (named by OBJDOCKER_PACKAGE)' };
  const active = activeName(source, env);
  return active === undefined ? undefined : { name: active, by: ' (named by "active:")' };
}

function activeName({ active, document, reader }: ConfigSource, env: EnvironmentVariables): string | undefined {
  if (active === undefined) return undefined;
  const template = parseTemplate(active);
  const name = expand(template, (variable) => {
    const value = ownValue(env, variable);
    if (value !== undefined) return value;
    const { file, line, column } = document.issue({ path: ['active'], message: '', range: reader.place(['active']) });
    const message = `${file}:${line}:${column}: active needs the environment variable ${variable}, which is not set`;
    throw new ObjDockerError('VARIABLE_UNSET', message, {
      hint: `Set ${variable}, or name the package with --package.`,
    });
  });
  return name === '' ? undefined : name;
}

function choose(source: ConfigSource, chosen: ChosenName | undefined): PackageSource {
  const { packages, document } = source;
  const names = [...packages.keys()];
  const listed = names.map((name) => quote(name)).join(', ');
  if (packages.size === 0) throw issuesError([noPackage(source)]);
  if (chosen !== undefined) {
    const pkg = packages.get(chosen.name);
    if (pkg !== undefined) return pkg;
    const message = `there is no package ${quote(chosen.name)} in ${document.file}${chosen.by}${didYouMean(chosen.name, names)}`;
    throw new ObjDockerError('PACKAGE_UNKNOWN', message, {
      hint: `The file has ${joinWords(names.map((name) => quote(name)))}.`,
      details: { packages: names },
    });
  }
  const [only, ...more] = packages.values();
  if (only !== undefined && more.length === 0) return only;
  throw new ObjDockerError(
    'PACKAGE_AMBIGUOUS',
    `${document.file} has ${names.length} packages, and none is named: ${listed}`,
    {
      hint: 'Name one with --package, OBJDOCKER_PACKAGE, or "active:" at the top of the file.',
      details: { packages: names },
    },
  );
}

function noPackage({ document }: ConfigSource): ConfigIssue {
  return document.issue({
    path: [],
    message: 'the file has no package: no top-level key has "deployment.image"',
    hint: 'Write one, with "deployment:" below it and "registry:" and "image:" below that.',
  });
}

function topIssues(source: ConfigSource, env: EnvironmentVariables): readonly ConfigIssue[] {
  if (source.packages.size === 0) return [noPackage(source)];
  const template = parseTemplate(source.active ?? '');
  const active = expand(template, (variable) => ownValue(env, variable));
  if (active === undefined || active === '' || source.packages.has(active)) return [];
  const names = [...source.packages.keys()];
  const message = `there is no package ${quote(active)}${didYouMean(active, names)}`;
  const hint = `Write ${joinWords(
    names.map((name) => quote(name)),
    'or',
  )}.`;
  const { reader, document } = source;
  return [document.issue({ path: ['active'], message, hint, range: reader.place(['active']) })];
}
