import { dirname, resolve } from 'node:path';
import { ObjDockerError } from '../errors.ts';
import type { EnvironmentVariables } from '../lib/process/exec.ts';
import { quote } from '../lib/text/sanitize.ts';
import { didYouMean } from '../lib/text/suggest.ts';
import { joinWords } from '../lib/text/words.ts';
import { findExcludedFiles } from './excluded-files.ts';
import { checkPackage, type FoundPackages, findPackages } from './find-packages.ts';
import { expand, parseTemplate } from './interpolate.ts';
import { normalizePackage } from './normalize.ts';
import type { Package } from './package.ts';
import { ownValue, type PackageSource, PackageValues } from './package-values.ts';
import { type ShownPackage, showPackage } from './show.ts';
import { type ConfigIssue, issuesError, type KeyPath, sortIssues } from './validation/issues.ts';
import type { ConfigDocument } from './yaml/document.ts';

/** A parsed config.yaml. */
export interface Config {
  /** The path as given to {@link loadConfig}. */
  readonly file: string;
  /** The names of its packages, in the order of the file. */
  readonly packages: readonly string[];
  /** The warnings of all packages and of the keys that they share. */
  readonly warnings: readonly ConfigIssue[];
  /** The warnings of one package and of the keys that all packages share. */
  warningsFor(name: string): readonly ConfigIssue[];
  /**
   * Returns the package with this name. Without a name: the package in OBJDOCKER_PACKAGE, else in `active:`, else the only one.
   *
   * @throws {ObjDockerError} PACKAGE_UNKNOWN, PACKAGE_AMBIGUOUS; CONFIG_INVALID with all errors of the package.
   */
  selectPackage(name?: string): Package;
  /** Returns the errors and warnings of all packages. */
  check(): readonly ConfigIssue[];
  /** Makes an issue of a problem of one package, at a key below its `deployment`. */
  issue(name: string, problem: { readonly key: KeyPath; readonly message: string; readonly hint: string }): ConfigIssue;
  /** Returns a package in the form of config.yaml, with defaults filled in and secrets masked. */
  show(name?: string): ShownPackage;
}

export interface ConfigOptions {
  readonly env: EnvironmentVariables;
  readonly strict: boolean;
  /** Decides which allowances have expired. @default now */
  readonly now?: Date;
}

/** Creates the config from a parsed document. */
export function createConfig(document: ConfigDocument, { env, strict, now = new Date() }: ConfigOptions): Config {
  const source = findPackages(document, { strict });
  const packages = [...source.packages.keys()];
  const location = { configFile: resolve(document.file), directory: dirname(resolve(document.file)) };

  const known = new Map<PackageSource, readonly ConfigIssue[]>();
  const issuesOf = (pkg: PackageSource): readonly ConfigIssue[] => {
    const issues =
      known.get(pkg) ??
      sortIssues([...source.issues, ...checkPackage(pkg, { strict, allowances: { now, expired: 'warning' } })]);
    known.set(pkg, issues);
    return issues;
  };

  const normalise = (pkg: PackageSource): Package => {
    const values = PackageValues.fromEnvironment(pkg, env);
    const others = [...source.packages.values()].filter((other) => other !== pkg);
    return normalizePackage(values, {
      ...location,
      excludedFiles: () =>
        findExcludedFiles([values, ...others.map((other) => PackageValues.ofLiterals(other, env))], location),
      siblings: () => others.map(normalise),
    });
  };

  const selectPackage = (name?: string): Package => {
    const pkg = choose(source, chosenName(source, name, env));
    const errors = issuesOf(pkg).filter(({ severity }) => severity === 'error');
    if (errors.length > 0) throw issuesError(errors);
    return normalise(pkg);
  };

  const check = (): readonly ConfigIssue[] => {
    const { issues } = findPackages(document, { strict, env });
    // A command goes on without an expired allowance: it allows nothing. Whoever checks strictly wants to know.
    const allowances = { now, expired: strict ? 'error' : 'warning' } as const;
    const ofPackages = [...source.packages.values()].flatMap((pkg) => checkPackage(pkg, { strict, env, allowances }));
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
    issue(name, { key, ...problem }) {
      const path = [name, 'deployment', ...key];
      return document.issue({ ...problem, path, package: name, range: source.reader.highlightRange(path) });
    },
    show(name) {
      const pkg = selectPackage(name);
      return showPackage(pkg, PackageValues.ofLiterals(choose(source, { name: pkg.name, origin: '' })));
    },
  };
}

interface ChosenName {
  readonly name: string;
  /** Where the name comes from, for the error message. */
  readonly origin: string;
}

function chosenName(
  source: FoundPackages,
  argument: string | undefined,
  env: EnvironmentVariables,
): ChosenName | undefined {
  if (argument !== undefined) return { name: argument, origin: '' };
  const variable = ownValue(env, 'OBJDOCKER_PACKAGE');
  if (variable !== undefined && variable !== '') return { name: variable, origin: ' (from OBJDOCKER_PACKAGE)' };
  const active = activeName(source, env);
  return active === undefined ? undefined : { name: active, origin: ' (from "active:")' };
}

function activeName({ active, document, reader }: FoundPackages, env: EnvironmentVariables): string | undefined {
  if (active === undefined) return undefined;
  const template = parseTemplate(active);
  const name = expand(template, (variable) => {
    const value = ownValue(env, variable);
    if (value !== undefined) return value;
    const { file, line, column } = document.issue({
      path: ['active'],
      message: '',
      range: reader.highlightRange(['active']),
    });
    const message = `${file}:${line}:${column}: active uses the environment variable ${variable}, which is not set`;
    throw new ObjDockerError('VARIABLE_UNSET', message, {
      hint: `Set ${variable}, or select a package with --package.`,
    });
  });
  return name === '' ? undefined : name;
}

function choose(source: FoundPackages, chosen: ChosenName | undefined): PackageSource {
  const { packages, document } = source;
  const names = [...packages.keys()];
  const listed = names.map((name) => quote(name)).join(', ');
  if (packages.size === 0) throw issuesError([noPackage(source)]);
  if (chosen !== undefined) {
    const pkg = packages.get(chosen.name);
    if (pkg !== undefined) return pkg;
    const message = `there is no package ${quote(chosen.name)} in ${document.file}${chosen.origin}${didYouMean(chosen.name, names)}`;
    throw new ObjDockerError('PACKAGE_UNKNOWN', message, {
      hint: `Packages in the file: ${joinWords(names.map((name) => quote(name)))}.`,
      details: { packages: names },
    });
  }
  const [only, ...more] = packages.values();
  if (only !== undefined && more.length === 0) return only;
  throw new ObjDockerError(
    'PACKAGE_AMBIGUOUS',
    `${document.file} has ${names.length} packages, and none is selected: ${listed}`,
    {
      hint: 'Select one with --package, OBJDOCKER_PACKAGE, or "active:" at the top of the file.',
      details: { packages: names },
    },
  );
}

function noPackage({ document }: FoundPackages): ConfigIssue {
  return document.issue({
    path: [],
    message: 'the file has no package: no top-level key has "deployment.image"',
    hint: 'Add a top-level key with the name of the package. Put "deployment:" below it, and "registry:" and "image:" below that.',
  });
}

function topIssues(source: FoundPackages, env: EnvironmentVariables): readonly ConfigIssue[] {
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
  return [document.issue({ path: ['active'], message, hint, range: reader.highlightRange(['active']) })];
}
