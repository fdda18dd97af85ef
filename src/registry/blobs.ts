import { ObjDockerError } from '../errors.ts';
import type { HttpResponse } from '../lib/http/client.ts';
import type { RequestOptions } from '../lib/http/request-options.ts';
import type { AuthorizedRequest } from './authorized-request.ts';
import { unreachable } from './failure.ts';
import type { RegistryLogin } from './login.ts';
import { digestOf, sendTwice } from './put-manifest.ts';
import { refusal } from './refusal.ts';
import { repositoryScope } from './token.ts';

interface BlobOptions {
  readonly request: AuthorizedRequest;
  /** Scheme and host of the registry. */
  readonly base: URL;
  readonly login: RegistryLogin;
}

/** The blobs of a registry: those that are small enough to be kept in memory. */
export interface BlobAccess {
  /** The content of a blob, its digest checked; undefined when the registry has no such blob. */
  getBlob(repository: string, digest: string, options?: RequestOptions): Promise<Uint8Array | undefined>;
  /** Pushes a blob in one request, unless the repository has it. @returns its digest */
  putBlob(repository: string, bytes: Uint8Array, options?: RequestOptions): Promise<string>;
}

export function blobAccess({ request, base, login }: BlobOptions): BlobAccess {
  const blobsOf = (repository: string) => `/v2/${repository.split('/').map(encodeURIComponent).join('/')}/blobs`;

  const has = async (repository: string, digest: string, options: RequestOptions): Promise<boolean> => {
    const scope = repositoryScope(repository, 'pull', 'push');
    const { status } = await request(`${blobsOf(repository)}/${digest}`, scope, { method: 'HEAD', ...options });
    return status === 200;
  };

  const upload = async (
    repository: string,
    bytes: Uint8Array,
    digest: string,
    options: RequestOptions,
  ): Promise<HttpResponse> => {
    const scope = repositoryScope(repository, 'pull', 'push');
    const started = await request(`${blobsOf(repository)}/uploads/`, scope, { method: 'POST', ...options });
    const { location } = started.headers;
    if (started.status !== 202 || location === undefined) return started;
    // Behind a proxy the registry may name itself by another host.
    const url = new URL(location, base);
    url.searchParams.set('digest', digest);
    return request(`${url.pathname}${url.search}`, scope, {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream' },
      body: bytes,
      ...options,
    });
  };

  return {
    async getBlob(repository, digest, options = {}) {
      try {
        const path = `${blobsOf(repository)}/${digest}`;
        const response = await request(path, repositoryScope(repository, 'pull'), options);
        if (response.status === 404) return undefined;
        const doing = `read ${base.host}/${repository}@${digest}`;
        if (response.status !== 200) throw refusal(response, { doing, host: base.host, permission: 'pull', login });
        if (digestOf(response.body) === digest) return response.body;
        throw new ObjDockerError(
          'REGISTRY_ERROR',
          `${base.host}/${repository}@${digest} came back with other content`,
          {
            hint: 'The registry or a proxy on the way is broken: try again, and check its log.',
          },
        );
      } catch (error) {
        throw unreachable(error, base.host);
      }
    },
    async putBlob(repository, bytes, options = {}) {
      const digest = digestOf(bytes);
      try {
        if (await has(repository, digest, options)) return digest;
        const response = await sendTwice(() => upload(repository, bytes, digest, options), options.signal);
        if (response.status === 201) return digest;
        const doing = `push to ${base.host}/${repository}`;
        throw refusal(response, { doing, host: base.host, permission: 'push', login });
      } catch (error) {
        throw unreachable(error, base.host);
      }
    },
  };
}
