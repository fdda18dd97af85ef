import { isObjDockerError, type ObjDockerError } from '../../errors.ts';
import { type LoadOptions, loadConfig } from '../load.ts';
import type { ConfigIssue } from './issues.ts';

/**
 * Returns the errors and warnings of all packages of a config.yaml, in the order of the file. A value with an unset variable is
 * not checked.
 *
 * @throws {ObjDockerError} CONFIG_NOT_FOUND
 */
export async function checkConfig(file: string, options: LoadOptions = {}): Promise<readonly ConfigIssue[]> {
  try {
    return (await loadConfig(file, options)).check();
  } catch (error) {
    if (isObjDockerError(error) && error.code === 'CONFIG_INVALID') return issuesOf(error);
    throw error;
  }
}

/** Returns the issues of a CONFIG_INVALID error. */
export function issuesOf(error: ObjDockerError): readonly ConfigIssue[] {
  const { issues } = error.details;
  return Array.isArray(issues) ? issues : [];
}
