import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ObjDockerError } from '../errors.ts';
import { systemEnvironment } from '../lib/environment.ts';
import { cancelled, throwIfCancelled } from '../lib/operation.ts';
import type { EnvironmentVariables } from '../lib/process/exec.ts';
import { quote } from '../lib/text/sanitize.ts';
import { type Config, createConfig } from './config.ts';
import { issuesError } from './validation/issues.ts';
import { parseConfigText, SIZE_LIMIT } from './yaml/document.ts';

export type { Config } from './config.ts';

/** The name of the file that {@link findConfig} looks for. */
const CONFIG_NAME = 'config.yaml';

export interface LoadOptions {
  /** The values of `${VARIABLE}` and OBJDOCKER_PACKAGE. @default the environment of the process */
  readonly env?: EnvironmentVariables | undefined;
  /** Reports all unknown keys as errors; {@link Config.check} also expired allowances. @default false */
  readonly strict?: boolean | undefined;
  /** Decides which allowances have expired. @default the system's clock */
  readonly now?: Date | undefined;
  /** Stops waiting for the file, for example for a pipe without a writer. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds the nearest config.yaml in a folder or above it.
 *
 * @throws {ObjDockerError} CONFIG_NOT_FOUND
 */
export async function findConfig(startDir: string): Promise<string> {
  for (let folder = resolve(startDir); ; folder = dirname(folder)) {
    const candidate = join(folder, CONFIG_NAME);
    const found = await stat(candidate).catch(() => undefined);
    if (found !== undefined && !found.isDirectory()) return candidate;
    if (folder === dirname(folder)) break;
  }
  throw new ObjDockerError(
    'CONFIG_NOT_FOUND',
    `there is no ${CONFIG_NAME} in ${quote(startDir)} or any folder above it`,
    {
      hint: 'Run the command in the folder of the package, or pass the file with --config.',
    },
  );
}

/**
 * Reads a config.yaml. The errors of a package are thrown when that package is selected.
 *
 * @throws {ObjDockerError} CONFIG_NOT_FOUND when the file does not exist or cannot be read; CONFIG_INVALID when it is not YAML with
 * a mapping at the top, with all problems in `details.issues`; CANCELLED.
 */
export async function loadConfig(file: string, options: LoadOptions = {}): Promise<Config> {
  const { env = systemEnvironment().env, strict = false, now = new Date(), signal } = options;
  throwIfCancelled(signal);
  const text = await readText(file, signal);
  return createConfig(parseConfigText(text, file), { env, strict, now });
}

async function readText(file: string, signal: AbortSignal | undefined): Promise<string> {
  const bytes = await orCancelled(readLimited(file), signal);
  const problem = (message: string, hint: string) =>
    issuesError([{ severity: 'error', file, line: 1, column: 1, path: '', message, excerpt: '', hint }]);
  if (bytes.length > SIZE_LIMIT) {
    throw problem(`the file is larger than ${SIZE_LIMIT / 1024 / 1024} MiB`, 'Check that this is the right file.');
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw problem('the file is not UTF-8 text', 'Save it as UTF-8.');
  }
}

/** Rejects when the signal aborts. Opening a pipe waits for a writer and accepts no signal. */
function orCancelled<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(cancelled(signal));
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

async function readLimited(file: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  try {
    // The file may be a pipe without an end. A stream stops at the limit.
    for await (const chunk of createReadStream(file, { end: SIZE_LIMIT })) chunks.push(chunk);
    return Buffer.concat(chunks);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reason = REASONS[code] ?? `cannot be read${code === '' ? '' : ` (${code})`}`;
    throw new ObjDockerError('CONFIG_NOT_FOUND', `the config file ${quote(file)} ${reason}`, {
      hint: 'Pass the path of a config.yaml with --config.',
      cause: error,
    });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EISDIR: 'is a folder',
  EACCES: 'cannot be read: permission denied',
  ENAMETOOLONG: 'cannot be read: its name is too long',
};
