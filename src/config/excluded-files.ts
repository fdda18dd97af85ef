import { resolve } from 'node:path';
import { holdsUrlCredentials } from '../lib/text/url-credentials.ts';
import { expand, parseTemplate } from './interpolate.ts';
import type { ExcludedFile } from './package.ts';
import { credentialSections, isFromVariables, type PackageValues, ValueUnknownError } from './package-values.ts';
import { formatKeyPath, type KeyPath } from './validation/issues.ts';
import { isSecretName } from './yaml/excerpt.ts';

export interface ConfigLocation {
  /** Absolute path of the config.yaml. */
  readonly configFile: string;
  /** Its folder. */
  readonly directory: string;
}

/**
 * The files of a config.yaml to exclude from every build context: the passwordFiles and registries.yaml of all packages,
 * and the config.yaml itself when it contains a literal secret.
 *
 * A path with an unset variable is an error for the package in use, because the file could not be excluded. For the other
 * packages, whose values throw {@link ValueUnknownError}, it is ignored.
 */
export function findExcludedFiles(
  packages: readonly PackageValues[],
  location: ConfigLocation,
): readonly ExcludedFile[] {
  const files = new Map<string, ExcludedFile>();
  const exclude = (path: string, reason: string) => {
    if (!files.has(path)) files.set(path, { path, reason });
  };
  for (const values of packages) {
    for (const section of credentialSections(values)) {
      const file = textWhenKnown(values, [...section, 'passwordFile']);
      const reason = `is the passwordFile of ${formatKeyPath(values.path(section))}`;
      if (file !== undefined) exclude(resolve(location.directory, file), reason);
    }
    const registries = textWhenKnown(values, ['k3s', 'output']);
    const reason = `contains the passwords of the nodes, as ${formatKeyPath(values.path(['k3s', 'output']))}`;
    if (registries !== undefined) exclude(resolve(location.directory, registries), reason);
    const secret = literalSecret(values);
    if (secret !== undefined) exclude(location.configFile, `contains the secret at ${formatKeyPath(secret)}`);
  }
  return [...files.values()];
}

function textWhenKnown(values: PackageValues, key: KeyPath): string | undefined {
  try {
    return values.text(key);
  } catch (error) {
    if (error instanceof ValueUnknownError) return undefined;
    throw error;
  }
}

/** Returns the key of a literal secret of the package; undefined when it has none. */
function literalSecret(values: PackageValues): KeyPath | undefined {
  for (const section of credentialSections(values)) {
    // The value of a misspelled `password` is a secret, too.
    for (const name of values.keys(section).filter(isSecretName)) {
      const written = values.raw([...section, name]);
      const isLiteral = typeof written === 'string' ? written !== '' && !isFromVariables(written) : true;
      if (isLiteral) return values.path([...section, name]);
    }
  }
  for (const host of values.keys(['registry', 'mirrors'])) {
    const key = ['registry', 'mirrors', host, 'endpoint'];
    const endpoints = [values.raw(key)].flat().filter((endpoint) => typeof endpoint === 'string');
    // Expand variables to nothing, because their values are not in the file.
    if (endpoints.some((url) => holdsUrlCredentials(expand(parseTemplate(url), () => '') ?? url)))
      return values.path(key);
  }
  return undefined;
}
