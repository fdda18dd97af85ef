import { ObjDockerError } from '../../errors.ts';
import type { Environment } from '../../lib/environment.ts';
import { asRecord, asText } from '../../lib/json.ts';
import { isAtLeast } from '../../lib/version.ts';
import { createDial, type Dial } from './dial.ts';
import type { EngineEndpoint } from './endpoint.ts';
import type { Engine, EngineImage, EngineInfo } from './engine.ts';
import { explainEngineFailure } from './failure.ts';
import { createEngineHttp, type EngineHttp, EngineHttpError } from './http.ts';

export interface ConnectEngineOptions {
  readonly environment: Pick<Environment, 'env'>;
  readonly signal?: AbortSignal | undefined;
  /** Deadline of the ping and of the info requests, in milliseconds. @default 10000, and 40000 over ssh */
  readonly timeoutMs?: number | undefined;
}

/** Engine 20.10, the oldest that is supported. */
const OLDEST_API = '1.41';
/** The newest API version that the code was written for. */
const NEWEST_API = '1.51';

/**
 * Connects to an engine with a ping, and negotiates the API version.
 *
 * @throws {ObjDockerError} ENGINE_UNREACHABLE, ENGINE_PERMISSION, ENGINE_TLS, ENGINE_TOO_OLD or ENGINE_ERROR.
 */
export async function connectEngine(endpoint: EngineEndpoint, options: ConnectEngineOptions): Promise<Engine> {
  const timeoutMs = options.timeoutMs ?? (endpoint.address.kind === 'ssh' ? 40_000 : 10_000);
  const request = { signal: options.signal, timeoutMs };
  const http = createEngineHttp(openDial(endpoint, options.environment));
  try {
    const { apiVersion, server } = await ping(http, endpoint, request);
    const apiPath = `/v${isAtLeast(apiVersion, NEWEST_API) ? NEWEST_API : apiVersion}`;
    return createEngine({ endpoint, http, apiPath, apiVersion, server, environment: options.environment, timeoutMs });
  } catch (error) {
    http.close();
    throw await explainEngineFailure(error, endpoint, options.environment);
  }
}

function openDial(endpoint: EngineEndpoint, environment: Pick<Environment, 'env'>): Dial {
  try {
    return createDial(endpoint, environment.env);
  } catch (error) {
    throw new ObjDockerError('ENGINE_TLS', `cannot use the TLS files in ${endpoint.tls?.directory}`, {
      hint: 'ca.pem, cert.pem and key.pem must be PEM files, and the key without a passphrase.',
      cause: error,
    });
  }
}

interface Pong {
  readonly apiVersion: string;
  /** The Server header: `Docker/26.1.5 (linux)`. */
  readonly server: string | undefined;
}

async function ping(
  http: EngineHttp,
  endpoint: EngineEndpoint,
  request: { signal: AbortSignal | undefined; timeoutMs: number },
): Promise<Pong> {
  const response = await http.send('/_ping', request);
  response.resume();
  const apiVersion = response.headers['api-version'];
  if (typeof apiVersion !== 'string' || !/^\d+\.\d+$/.test(apiVersion)) {
    throw new ObjDockerError(
      'ENGINE_UNREACHABLE',
      `the server at ${endpoint.url} (${endpoint.source}) is not a container engine`,
      {
        hint: 'It speaks HTTP but has no Docker API: correct the address.',
      },
    );
  }
  if (!isAtLeast(apiVersion, OLDEST_API)) {
    throw new ObjDockerError(
      'ENGINE_TOO_OLD',
      `the engine at ${endpoint.url} (${endpoint.source}) is too old: its API version is ${apiVersion}`,
      {
        hint: `Upgrade it to Engine 20.10 (API ${OLDEST_API}) or newer.`,
        details: { apiVersion, needed: OLDEST_API },
      },
    );
  }
  return { apiVersion, server: asText(response.headers.server) };
}

function readInfo(
  apiVersion: string,
  version: Readonly<Record<string, unknown>>,
  info: Readonly<Record<string, unknown>>,
): EngineInfo {
  const status = Array.isArray(info.DriverStatus) ? info.DriverStatus : [];
  return {
    version: asText(version.Version) ?? 'unknown',
    apiVersion,
    os: asText(version.Os) ?? 'linux',
    arch: asText(version.Arch) ?? 'unknown',
    containerdStore: status.some((row) => Array.isArray(row) && String(row[1]).startsWith('io.containerd.snapshotter')),
    storageDriver: asText(info.Driver) ?? 'unknown',
    dataRoot: asText(info.DockerRootDir) ?? '/var/lib/docker',
    name: asText(info.Name) ?? '',
    insecureRegistries: insecureRegistries(asRecord(info.RegistryConfig)),
    mirrors: texts(asRecord(info.RegistryConfig)?.Mirrors),
  };
}

function insecureRegistries(config: Readonly<Record<string, unknown>> | undefined): string[] {
  const ranges = Array.isArray(config?.InsecureRegistryCIDRs) ? config.InsecureRegistryCIDRs.map(String) : [];
  const hosts = Object.entries(asRecord(config?.IndexConfigs) ?? {});
  return [...ranges, ...hosts.filter(([, index]) => asRecord(index)?.Secure === false).map(([host]) => host)];
}

interface EngineParts {
  readonly endpoint: EngineEndpoint;
  readonly http: EngineHttp;
  readonly apiPath: string;
  readonly apiVersion: string;
  readonly server: string | undefined;
  readonly environment: Pick<Environment, 'env'>;
  readonly timeoutMs: number;
}

function createEngine({ endpoint, http, apiPath, apiVersion, server, environment, timeoutMs }: EngineParts): Engine {
  const explain = (error: unknown) => explainEngineFailure(error, endpoint, environment);
  let info: Promise<EngineInfo> | undefined;
  const requestInfo = async (signal: AbortSignal | undefined): Promise<EngineInfo> => {
    try {
      const request = { signal, timeoutMs };
      const [version, engineInfo] = await Promise.all([
        http.json(`${apiPath}/version`, request),
        http.json(`${apiPath}/info`, request),
      ]);
      return readInfo(apiVersion, version, engineInfo);
    } catch (error) {
      throw await explain(error);
    }
  };
  return {
    description: `${engineName(server)} at ${endpoint.url}`,
    endpoint,
    http,
    apiPath,
    info({ signal } = {}) {
      if (info === undefined) {
        const requested = requestInfo(signal);
        info = requested;
        requested.catch(() => {
          if (info === requested) info = undefined;
        });
      }
      return info;
    },
    async inspectImage(reference, { signal } = {}) {
      try {
        return readImage(await http.json(`${apiPath}/images/${encodeName(reference)}/json`, { signal }));
      } catch (error) {
        if (error instanceof EngineHttpError && error.status === 404) return undefined;
        throw await explain(error);
      }
    },
    explain,
    close: () => http.close(),
  };
}

/** Makes `Docker Engine 26.1.5` from the Server header `Docker/26.1.5 (linux)`. */
function engineName(server: string | undefined): string {
  const [, product, version] = /^([^/\s]+)\/(\S+)/.exec(server ?? '') ?? [];
  return product === undefined ? 'Docker Engine' : `${product} Engine ${version}`;
}

/** A name in a path: every part encoded, its slashes kept, as the engine's router wants them. */
function encodeName(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/');
}

function readImage(image: Readonly<Record<string, unknown>>): EngineImage {
  const labels = asRecord(asRecord(image.Config)?.Labels) ?? {};
  return {
    id: asText(image.Id) ?? '',
    tags: texts(image.RepoTags),
    digests: texts(image.RepoDigests),
    os: asText(image.Os) ?? '',
    architecture: asText(image.Architecture) ?? '',
    sizeBytes: typeof image.Size === 'number' ? image.Size : 0,
    layers: texts(asRecord(image.RootFS)?.Layers),
    onbuild: texts(asRecord(image.Config)?.OnBuild),
    config: asRecord(image.Config) ?? {},
    labels: Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)])),
  };
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}
