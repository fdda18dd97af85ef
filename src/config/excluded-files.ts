import { resolve } from 'node:path';
import { holdsUrlCredentials } from '../lib/text/url-credentials.ts';
import { expand, parseTemplate } from './interpolate.ts';
import type { ExcludedFile } from './package.ts';
import { formatKeyPath, type KeyPath } from './validation/issues.ts';
import { Deferred, isFromVariables, type Values } from './values.ts';
import { isSecretName } from './yaml/excerpt.ts';

export interface ConfigLocation {
  /** Absolute path of the config.yaml. */
  readonly configFile: string;
  /** Its folder. */
  readonly directory: string;
}

/**
 * The files of a config.yaml that must not reach a build context: the passwordFiles and registries.yaml of all packages, and
 * the file itself when any package has a secret written out in it.
 *
 * A path whose variables are not set is an error for the package in use, because it could not be kept out. For the
 * others, whose values throw {@link Deferred}, it names no file.
 */
export function findExcludedFiles(packages: readonly Values[], location: ConfigLocation): readonly ExcludedFile[] {
  const files = new Map<string, ExcludedFile>();
  const keep = (path: string, reason: string) => {
    if (!files.has(path)) files.set(path, { path, reason });
  };
  for (const values of packages) {
    for (const section of [['registry'], ['registry', 'pull']]) {
      const file = textWhenKnown(values, [...section, 'passwordFile']);
      const reason = `is the passwordFile of ${formatKeyPath(values.path(section))}`;
      if (file !== undefined) keep(resolve(location.directory, file), reason);
    }
    const registries = textWhenKnown(values, ['k3s', 'output']);
    const holds = `holds the nodes' passwords, as ${formatKeyPath(values.path(['k3s', 'output']))}`;
    if (registries !== undefined) keep(resolve(location.directory, registries), holds);
    const secret = literalSecret(values);
    if (secret !== undefined) keep(location.configFile, `holds the secret at ${formatKeyPath(secret)}`);
  }
  return [...files.values()];
}

function textWhenKnown(values: Values, key: KeyPath): string | undefined {
  try {
    return values.text(key);
  } catch (error) {
    if (error instanceof Deferred) return undefined;
    throw error;
  }
}

/** The place of a secret that is written out in a package's part of the file. */
function literalSecret(values: Values): KeyPath | undefined {
  for (const section of [['registry'], ['registry', 'pull']]) {
    // Also a key that was meant to be the password: the file is no less secret for the typo.
    for (const name of values.keys(section).filter(isSecretName)) {
      const written = values.tree([...section, name]);
      const isLiteral = typeof written === 'string' ? written !== '' && !isFromVariables(written) : true;
      if (isLiteral) return values.path([...section, name]);
    }
  }
  for (const host of values.keys(['registry', 'mirrors'])) {
    const key = ['registry', 'mirrors', host, 'endpoint'];
    const endpoints = [values.tree(key)].flat().filter((endpoint) => typeof endpoint === 'string');
    // What comes from a variable is not in the file.
    if (endpoints.some((url) => holdsUrlCredentials(expand(parseTemplate(url), () => '') ?? url)))
      return values.path(key);
  }
  return undefined;
}
