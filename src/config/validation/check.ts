import { isObjDockerError, type ObjDockerError } from '../../errors.ts';
import { type LoadOptions, loadConfig } from '../load.ts';
import type { ConfigIssue } from './issues.ts';

/**
 * Everything that is wrong with a config.yaml, in all its packages, errors and warnings in the order of the file.
 * Values with variables are checked where these are set; a variable that is not set is no problem here.
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

/** The issues that a CONFIG_INVALID error carries. */
export function issuesOf(error: ObjDockerError): readonly ConfigIssue[] {
  const { issues } = error.details;
  return Array.isArray(issues) ? issues : [];
}
