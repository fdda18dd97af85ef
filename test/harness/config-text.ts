import { type Config, createConfig } from '../../src/config/config.ts';
import { issuesOf } from '../../src/config/validation/check.ts';
import type { ConfigIssue } from '../../src/config/validation/issues.ts';
import { parseConfigText } from '../../src/config/yaml/document.ts';
import { isObjDockerError, type ObjDockerError } from '../../src/errors.ts';
import type { EnvironmentVariables } from '../../src/lib/process/exec.ts';

/** A config.yaml with the least that a package needs; lines for its sections can be put in, indented as they stand. */
export function minimal(parts: { registry?: string; image?: string; deployment?: string; top?: string } = {}): string {
  return [
    ...(parts.top === undefined ? [] : [parts.top]),
    'shop:',
    '  deployment:',
    ...(parts.deployment === undefined ? [] : [parts.deployment]),
    '    registry:',
    '      type: harbor',
    '      host: registry.example.com',
    '      project: axion',
    ...(parts.registry === undefined ? [] : [parts.registry]),
    '    image:',
    '      repository: shop',
    '      tag: "1"',
    '      dockerfile: Dockerfile',
    ...(parts.image === undefined ? [] : [parts.image]),
    '',
  ].join('\n');
}

/** Reads the text of a config.yaml as `/factory/config.yaml`. */
export function readConfig(text: string, env: EnvironmentVariables = {}, strict = false): Config {
  return createConfig(parseConfigText(text, '/factory/config.yaml'), { env, strict });
}

/** The error that a function throws; anything that is not an ObjDockerError is thrown on. */
export function errorOf(run: () => unknown): ObjDockerError {
  try {
    run();
  } catch (error) {
    if (isObjDockerError(error)) return error;
    throw error;
  }
  throw new Error('expected an ObjDockerError');
}

/** What `config check` finds in a text, also when it is not YAML. */
export function issuesIn(text: string, env: EnvironmentVariables = {}, strict = false): readonly ConfigIssue[] {
  try {
    return readConfig(text, env, strict).check();
  } catch (error) {
    if (isObjDockerError(error) && error.code === 'CONFIG_INVALID') return issuesOf(error);
    throw error;
  }
}
