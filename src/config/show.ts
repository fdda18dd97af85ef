import { isObjDockerError } from '../errors.ts';
import { Secret } from '../lib/secret.ts';
import { maskUrlCredentials } from '../lib/text/url-credentials.ts';
import type { Package } from './package.ts';
import { isSecretName } from './yaml/excerpt.ts';

/**
 * Returns a package as plain data for display. Defaults are filled in, paths are absolute and secrets are masked. A value with an
 * unset variable becomes `<HARBOR_PASSWORD is not set>`. An invalid value becomes `<invalid: …>`.
 */
export function showPackage(pkg: Package): Readonly<Record<string, unknown>> {
  return masked(pkg) as Record<string, unknown>;
}

function masked(value: unknown): unknown {
  if (value instanceof Secret) return value.toString();
  if (typeof value === 'string') return maskUrlCredentials(value);
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value === 'function') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.keys(value).map((key) => [key, property(value as Record<string, unknown>, key)] as const);
  return Object.fromEntries(entries.filter(([, property]) => property !== undefined));
}

function property(object: Record<string, unknown>, key: string): unknown {
  try {
    const value = object[key];
    // Mask a build argument whose name looks like that of a secret.
    return typeof value === 'string' && isSecretName(key) ? '***' : masked(value);
  } catch (error) {
    if (!isObjDockerError(error)) throw error;
    const { variable } = error.details;
    return error.code === 'VARIABLE_UNSET' ? `<${String(variable)} is not set>` : `<invalid: ${error.message}>`;
  }
}
