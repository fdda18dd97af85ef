import { createHash } from 'node:crypto';
import { isObjDockerError, ObjDockerError } from '../errors.ts';
import type { HttpClient, HttpResponse } from '../lib/http.ts';
import { HttpFailure } from '../lib/http-failure.ts';
import { asRecord, asText } from '../lib/json.ts';
import { explainHttpFailure } from '../registry-failure.ts';
import { createAuthorizedRequest } from './authorized-request.ts';
import { errorMessages } from './error-body.ts';
import { hasLogin, type RegistryLogin } from './login.ts';
import { repositoryScope } from './token.ts';

/** What a tag or digest stands for in a registry. */
export interface Manifest {
  readonly digest: string;
  readonly mediaType: string;
}

/** One image of an index. */
export interface IndexEntry extends Manifest {
  /** `linux/amd64`, `linux/arm/v7`; `unknown/unknown` for an attestation. */
  readonly platform: string;
}

export interface ManifestContent extends Manifest {
  /** The very bytes that the digest is of. */
  readonly bytes: Uint8Array;
  /** The images of an index; undefined for a single image. */
  readonly entries?: readonly IndexEntry[];
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** For each request, in milliseconds. @default 30000 */
  readonly timeoutMs?: number | undefined;
}

/**
 * A registry spoken to over the distribution API. `repository` is the whole path, `reference` a tag or a digest.
 * Every call throws an ObjDockerError (REGISTRY_UNREACHABLE, REGISTRY_UNAUTHORIZED, …) when there is no answer to it.
 */
export interface Registry {
  readonly host: string;
  /** What a reference stands for, without fetching it; undefined when the registry has no such manifest. */
  headManifest(repository: string, reference: string, options?: RequestOptions): Promise<Manifest | undefined>;
  /** The manifest itself, its digest checked; undefined when the registry has no such manifest. */
  getManifest(repository: string, reference: string, options?: RequestOptions): Promise<ManifestContent | undefined>;
}

export interface OpenRegistryOptions {
  /** Scheme and host of the API: `https://registry.example.com`. */
  readonly url: string;
  readonly login?: RegistryLogin | undefined;
  readonly http: HttpClient;
}

const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

const DIGEST = /^[a-z0-9]+:[0-9a-f]{32,128}$/;

/** Opens a registry. Nothing is sent before the first call. */
export function openRegistry({ url, login = {}, http }: OpenRegistryOptions): Registry {
  const base = new URL(url);
  const request = createAuthorizedRequest(http, base, login);

  const ask = async (method: 'HEAD' | 'GET', repository: string, reference: string, options: RequestOptions) => {
    const path = `/v2/${repository.split('/').map(encodeURIComponent).join('/')}/manifests/${encodeURIComponent(reference)}`;
    const what = `${base.host}/${repository}${reference.includes(':') ? '@' : ':'}${reference}`;
    try {
      const response = await request(path, repositoryScope(repository, 'pull'), {
        method,
        headers: { accept: MANIFEST_TYPES.join(', ') },
        ...options,
      });
      if (response.status === 404) return undefined;
      if (response.status !== 200) throw refusal(response, what, base.host, login);
      return response;
    } catch (error) {
      throw isObjDockerError(error) ? error : unreachable(error, base.host);
    }
  };

  const getManifest: Registry['getManifest'] = async (repository, reference, options = {}) => {
    const response = await ask('GET', repository, reference, options);
    return response && readManifest(response, `${base.host}/${repository}`, reference);
  };

  return {
    host: base.host,
    getManifest,
    async headManifest(repository, reference, options = {}) {
      const response = await ask('HEAD', repository, reference, options);
      if (response === undefined) return undefined;
      const digest = response.headers['docker-content-digest'];
      const mediaType = response.headers['content-type'];
      // Some registries leave the digest out of a HEAD: then the bytes tell.
      if (digest === undefined || !DIGEST.test(digest) || mediaType === undefined)
        return getManifest(repository, reference, options);
      return { digest, mediaType };
    },
  };
}

function readManifest(response: HttpResponse, repository: string, reference: string): ManifestContent {
  const digest = `sha256:${createHash('sha256').update(response.body).digest('hex')}`;
  if (reference.startsWith('sha256:') && reference !== digest) {
    throw new ObjDockerError('REGISTRY_ERROR', `${repository}@${reference} came back as something else: ${digest}`, {
      hint: 'The registry or a proxy on the way is broken: try again, and look at its log.',
    });
  }
  const body = asRecord(response.json());
  const mediaType = asText(body?.mediaType) ?? response.headers['content-type'] ?? '';
  const entries = Array.isArray(body?.manifests) ? body.manifests.flatMap(readEntry) : undefined;
  return { digest, mediaType, bytes: response.body, ...(entries === undefined ? {} : { entries }) };
}

function readEntry(value: unknown): IndexEntry[] {
  const entry = asRecord(value);
  const platform = asRecord(entry?.platform);
  const digest = asText(entry?.digest);
  if (digest === undefined) return [];
  const parts = [
    asText(platform?.os) ?? 'unknown',
    asText(platform?.architecture) ?? 'unknown',
    asText(platform?.variant),
  ];
  return [{ digest, mediaType: asText(entry?.mediaType) ?? '', platform: parts.filter(Boolean).join('/') }];
}

function refusal(response: HttpResponse, what: string, host: string, login: RegistryLogin): ObjDockerError {
  const { status } = response;
  const said = errorMessages(response.json())[0];
  const reason = said === undefined ? `HTTP ${status}` : `HTTP ${status}, ${said}`;
  if (said !== undefined && /^project \S+ not found/.test(said)) {
    return new ObjDockerError('REGISTRY_PROJECT_MISSING', `cannot read ${what}: ${reason}`, {
      hint: `Create the project in Harbor at ${host}, or correct deployment.registry.project.`,
    });
  }
  if (status === 401) {
    return new ObjDockerError('REGISTRY_UNAUTHORIZED', `cannot read ${what}: ${reason}`, {
      hint: hasLogin(login)
        ? `The credentials for ${host} are refused, or may not read it: check them with objdocker registry ${host}`
        : `Give credentials in deployment.registry, or: docker login ${host}`,
    });
  }
  if (status === 403) {
    return new ObjDockerError('REGISTRY_FORBIDDEN', `cannot read ${what}: ${reason}`, {
      hint: `Ask for pull permission at ${host}.`,
    });
  }
  const down = status >= 502 && status <= 504;
  return new ObjDockerError(down ? 'REGISTRY_UNREACHABLE' : 'REGISTRY_ERROR', `cannot read ${what}: ${reason}`, {
    hint:
      status === 429
        ? `${host} limits how often it may be asked: log in, or try again later.`
        : `Look at it with: objdocker registry ${host}`,
    details: { status },
  });
}

function unreachable(error: unknown, host: string): unknown {
  if (!(error instanceof HttpFailure)) return error;
  const { code, message, hint } = explainHttpFailure(error, host);
  return new ObjDockerError(code, message, { hint, cause: error });
}
