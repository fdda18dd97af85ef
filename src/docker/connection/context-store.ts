import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ObjDockerError } from '../../errors.ts';
import { asRecord, asText, parseObject } from '../../lib/json.ts';
import { didYouMean } from '../../lib/text/suggest.ts';

/** The engine's endpoint of a docker context. */
export interface DockerContext {
  readonly name: string;
  readonly host: string;
  readonly skipTlsVerify: boolean;
  /** Directory of its ca.pem, cert.pem and key.pem. Each may be missing. */
  readonly tlsDirectory: string;
}

/**
 * Reads a docker context from `contexts/meta/<sha256 of its name>/meta.json` in docker's configuration directory.
 *
 * @throws {ObjDockerError} ENGINE_CONTEXT_INVALID when no context has that name, or it has no engine endpoint.
 */
export async function readContext(configDirectory: string, name: string, source: string): Promise<DockerContext> {
  const id = createHash('sha256').update(name).digest('hex');
  const file = join(configDirectory, 'contexts', 'meta', id, 'meta.json');
  const meta = await readMeta(file);
  if (meta === undefined) throw await unknownContext(configDirectory, name, source);
  const endpoint = asRecord(asRecord(meta.Endpoints)?.docker);
  const host = asText(endpoint?.Host);
  if (host === undefined) {
    throw new ObjDockerError(
      'ENGINE_CONTEXT_INVALID',
      `the docker context "${name}" (${source}) has no engine address: ${file}`,
      {
        hint: `Inspect it: docker context inspect ${name}`,
      },
    );
  }
  return {
    name,
    host,
    skipTlsVerify: endpoint?.SkipTLSVerify === true,
    tlsDirectory: join(configDirectory, 'contexts', 'tls', id, 'docker'),
  };
}

async function readMeta(file: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    return parseObject(await readFile(file, 'utf8')) ?? {};
  } catch {
    return undefined;
  }
}

async function unknownContext(configDirectory: string, name: string, source: string): Promise<ObjDockerError> {
  const names = ['default', ...(await contextNames(configDirectory))];
  return new ObjDockerError(
    'ENGINE_CONTEXT_INVALID',
    `there is no docker context "${name}" (${source})${didYouMean(name, names)}`,
    {
      hint: `Known contexts: ${names.join(', ')}. Create one: docker context create ${name}`,
      details: { contexts: names },
    },
  );
}

/** The names of the contexts in docker's configuration directory, without `default`. */
export async function contextNames(configDirectory: string): Promise<string[]> {
  const root = join(configDirectory, 'contexts', 'meta');
  const ids = await readdir(root).catch(() => []);
  const metas = await Promise.all(ids.map((id) => readMeta(join(root, id, 'meta.json'))));
  return metas.flatMap((meta) => asText(meta?.Name) ?? []).sort();
}
