import { isObjDockerError } from '../errors.ts';
import { Secret } from '../lib/secret.ts';
import { maskUrlCredentials } from '../lib/text/url-credentials.ts';
import type { Package } from './package.ts';
import { isSecretName } from './yaml/excerpt.ts';

/**
 * A package as plain data for people: defaults filled in, paths absolute, secrets masked. A value that needs a variable
 * that is not set is `<HARBOR_PASSWORD is not set>`, one that is wrong `<invalid: …>`.
 */
export function showPackage(pkg: Package): Readonly<Record<string, unknown>> {
  return shown(pkg) as Record<string, unknown>;
}

function shown(value: unknown): unknown {
  if (value instanceof Secret) return value.toString();
  if (typeof value === 'string') return maskUrlCredentials(value);
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.keys(value).map((key) => [key, property(value as Record<string, unknown>, key)] as const);
  return Object.fromEntries(entries.filter(([, property]) => property !== undefined));
}

function property(object: Record<string, unknown>, key: string): unknown {
  try {
    const value = object[key];
    // A build-arg that sounds like a secret may be one, whatever it should have been.
    return typeof value === 'string' && isSecretName(key) ? '***' : shown(value);
  } catch (error) {
    if (!isObjDockerError(error)) throw error;
    const { variable } = error.details;
    return error.code === 'VARIABLE_UNSET' ? `<${String(variable)} is not set>` : `<invalid: ${error.message}>`;
  }
}
