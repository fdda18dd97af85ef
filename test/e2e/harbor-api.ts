import { basic } from '../harness/harbor-server.ts';
import type { Target } from './target.ts';

/** Sends a request to Harbor's API without our client. @param path relative to `/api/v2.0/` */
export type HarborApi = (method: string, path: string, body?: object) => Promise<Response>;

/** It sends no cookies: Harbor rejects writes with a session cookie and without a CSRF token. */
export function createHarborApi(target: Target): HarborApi {
  return (method, path, body) =>
    fetch(`${target.url}/api/v2.0/${path}`, {
      method,
      headers: {
        Accept: 'application/json',
        Authorization: basic(target),
        'X-Is-Resource-Name': 'true',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
}

/** Reads the JSON of a successful response. @throws for another status */
export async function readJson<T>(response: Response): Promise<T> {
  if (response.ok) return (await response.json()) as T;
  throw new Error(`${new URL(response.url).pathname}: HTTP ${response.status} ${await response.text()}`);
}

/** The blobs of an image that Harbor no longer serves. */
export async function lostBlobs(target: Target, repository: string, digest: string): Promise<readonly string[]> {
  const get = (path: string) =>
    fetch(`${target.url}/v2/${repository}/${path}`, { headers: { Authorization: basic(target), Accept: MANIFESTS } });
  const manifest = await readJson<Manifest>(await get(`manifests/${digest}`));
  const lost: string[] = [];
  for (const blob of [manifest.config, ...manifest.layers]) {
    const response = await get(`blobs/${blob.digest}`);
    const bytes = (await response.arrayBuffer()).byteLength;
    if (!response.ok || bytes !== blob.size) lost.push(`${blob.digest}: HTTP ${response.status}, ${bytes} bytes`);
  }
  return lost;
}

const MANIFESTS = 'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';

interface Manifest {
  readonly config: Blob;
  readonly layers: readonly Blob[];
}

interface Blob {
  readonly digest: string;
  readonly size: number;
}
