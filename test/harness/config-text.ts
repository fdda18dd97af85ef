import { type Config, createConfig } from '../../src/config/config.ts';
import { issuesOf } from '../../src/config/validation/check-config.ts';
import type { ConfigIssue } from '../../src/config/validation/issues.ts';
import { parseConfigText } from '../../src/config/yaml/document.ts';
import { isObjDockerError, type ObjDockerError } from '../../src/errors.ts';
import type { EnvironmentVariables } from '../../src/lib/process/exec.ts';

/** A config.yaml with the required keys of one package. Each part is inserted as it is, with its own indentation. */
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

export interface ReadOptions {
  readonly env?: EnvironmentVariables;
  readonly strict?: boolean;
  readonly now?: Date;
}

/** Reads the text of a config.yaml as `/factory/config.yaml`. */
export function readConfig(text: string, { env = {}, strict = false, now }: ReadOptions = {}): Config {
  return createConfig(parseConfigText(text, '/factory/config.yaml'), { env, strict, ...(now && { now }) });
}

/** Returns the ObjDockerError that a function throws, and rethrows any other error. */
export function errorOf(run: () => unknown): ObjDockerError {
  try {
    run();
  } catch (error) {
    if (isObjDockerError(error)) return error;
    throw error;
  }
  throw new Error('expected an ObjDockerError');
}

/** The problems that `config check` finds in a text, which need not be YAML. */
export function issuesIn(text: string, options: ReadOptions = {}): readonly ConfigIssue[] {
  try {
    return readConfig(text, options).check();
  } catch (error) {
    if (isObjDockerError(error) && error.code === 'CONFIG_INVALID') return issuesOf(error);
    throw error;
  }
}
