import { ObjDockerError } from '../errors.ts';
import type { HttpClient, HttpResponse } from '../lib/http/client.ts';
import type { RequestOptions } from '../lib/http/request-options.ts';
import { asRecord, asText } from '../lib/json.ts';
import { createAuthorizedRequest } from './authorized-request.ts';
import { type BlobAccess, blobAccess } from './blobs.ts';
import { unreachable } from './failure.ts';
import { readTags } from './list-tags.ts';
import type { RegistryLogin } from './login.ts';
import { checkStoredDigest, digestOf, sendTwice } from './put-manifest.ts';
import { refusal } from './refusal.ts';
import { repositoryScope } from './token.ts';

/** The manifest that a tag or digest points to. */
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
  /** The bytes of the manifest, unchanged. */
  readonly bytes: Uint8Array;
  /** The images of an index; undefined for a single image. */
  readonly entries?: readonly IndexEntry[];
}

/**
 * The distribution API of a registry. `repository` is the whole path, `reference` a tag or a digest.
 * Every call throws an ObjDockerError (REGISTRY_UNREACHABLE, REGISTRY_UNAUTHORIZED, …) when there is no response. A rate-limited
 * request (HTTP 429) is sent again after its Retry-After, unless that is after the deadline. A read throws PULL_PREVENTED when
 * a policy of Harbor prevents pulling the image.
 */
export interface Registry extends BlobAccess {
  readonly host: string;
  /** The manifest that a reference points to, without its bytes; undefined when the registry does not have it. */
  headManifest(repository: string, reference: string, options?: RequestOptions): Promise<Manifest | undefined>;
  /** The manifest itself, its digest checked; undefined when the registry has no such manifest. */
  getManifest(repository: string, reference: string, options?: RequestOptions): Promise<ManifestContent | undefined>;
  /** The tags of a repository; none when the registry has no such repository. */
  listTags(repository: string, options?: RequestOptions): AsyncGenerator<string, void, void>;
  /**
   * Pushes a manifest by tag or digest, without layers. An existing tag moves. The repository must have everything that the
   * manifest references. When the response is lost, the request is sent once more.
   *
   * @param manifest as {@link Registry.getManifest} returns it: the bytes are sent unchanged
   * @returns the digest that the registry stored, which is checked against the bytes
   * @throws {ObjDockerError} TAG_IMMUTABLE, REGISTRY_READ_ONLY, REGISTRY_QUOTA; REGISTRY_ERROR when the repository lacks
   * something that the manifest references.
   */
  putManifest(
    repository: string,
    reference: string,
    manifest: Pick<ManifestContent, 'bytes' | 'mediaType'>,
    options?: RequestOptions,
  ): Promise<string>;
  /**
   * Why the registry refuses a push to a repository; undefined when it takes one. Starts an upload, and cancels it.
   */
  refusedPush(repository: string, options?: RequestOptions): Promise<ObjDockerError | undefined>;
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

  const pathOf = (repository: string, reference: string) =>
    // The colon of a digest is not encoded: all clients send it so, and Harbor and proxies accept it.
    `/v2/${repository.split('/').map(encodeURIComponent).join('/')}/manifests/${encodeURIComponent(reference).replace('%3A', ':')}`;
  const nameOf = (repository: string, reference: string) =>
    `${base.host}/${repository}${reference.includes(':') ? '@' : ':'}${reference}`;

  const ask = async (method: 'HEAD' | 'GET', repository: string, reference: string, options: RequestOptions) => {
    try {
      const response = await request(pathOf(repository, reference), repositoryScope(repository, 'pull'), {
        method,
        headers: { accept: MANIFEST_TYPES.join(', ') },
        ...options,
      });
      if (response.status === 404) return undefined;
      if (response.status === 200) return response;
      const doing = `read ${nameOf(repository, reference)}`;
      throw refusal(response, { doing, host: base.host, permission: 'pull', login });
    } catch (error) {
      throw unreachable(error, base.host);
    }
  };

  const listTags: Registry['listTags'] = (repository, options = {}) =>
    readTags(repository, async (path) => {
      try {
        const response = await request(path, repositoryScope(repository, 'pull'), options);
        if (response.status === 404) return undefined;
        if (response.status === 200) return response;
        const doing = `list the tags of ${base.host}/${repository}`;
        throw refusal(response, { doing, host: base.host, permission: 'pull', login });
      } catch (error) {
        throw unreachable(error, base.host);
      }
    });

  const getManifest: Registry['getManifest'] = async (repository, reference, options = {}) => {
    const response = await ask('GET', repository, reference, options);
    return response && readManifest(response, `${base.host}/${repository}`, reference);
  };

  return {
    host: base.host,
    listTags,
    getManifest,
    ...blobAccess({ request, base, login }),
    async headManifest(repository, reference, options = {}) {
      const response = await ask('HEAD', repository, reference, options);
      if (response === undefined) return undefined;
      const digest = response.headers['docker-content-digest'];
      const mediaType = response.headers['content-type'];
      // Some registries omit the digest in a response to HEAD. Then the manifest itself is read.
      if (digest === undefined || !DIGEST.test(digest) || mediaType === undefined)
        return getManifest(repository, reference, options);
      return { digest, mediaType };
    },
    async refusedPush(repository, options = {}) {
      const scope = repositoryScope(repository, 'pull', 'push');
      try {
        const path = `/v2/${repository.split('/').map(encodeURIComponent).join('/')}/blobs/uploads/`;
        const response = await request(path, scope, { method: 'POST', ...options });
        const doing = `push to ${base.host}/${repository}`;
        if (response.status !== 202) return refusal(response, { doing, host: base.host, permission: 'push', login });
        const location = response.headers.location;
        const upload = location === undefined ? undefined : new URL(location, base);
        if (upload?.host === base.host)
          await request(`${upload.pathname}${upload.search}`, scope, { method: 'DELETE', ...options });
        return undefined;
      } catch (error) {
        throw unreachable(error, base.host);
      }
    },
    async putManifest(repository, reference, { bytes, mediaType }, options = {}) {
      const what = nameOf(repository, reference);
      const send = () =>
        request(pathOf(repository, reference), repositoryScope(repository, 'pull', 'push'), {
          method: 'PUT',
          headers: { 'content-type': mediaType },
          body: bytes,
          ...options,
        });
      try {
        const response = await sendTwice(send, options.signal);
        if (response.status === 201) return checkStoredDigest(response, bytes, what);
        throw refusal(response, { doing: `push a manifest as ${what}`, host: base.host, permission: 'push', login });
      } catch (error) {
        throw unreachable(error, base.host);
      }
    },
  };
}

function readManifest(response: HttpResponse, repository: string, reference: string): ManifestContent {
  const digest = digestOf(response.body);
  if (reference.startsWith('sha256:') && reference !== digest) {
    throw new ObjDockerError('REGISTRY_ERROR', `${repository}@${reference} came back with another digest: ${digest}`, {
      hint: 'The registry or a proxy on the way is broken: try again, and check its log.',
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
